// The files of a review, read back from the prompt: `<file path="…">`, numbered lines, `</file>`. Numbers are taken as
// they stand, because a group may show part of a file. A `</file>` inside a file has a number before it and ends nothing.

export type Line = { number: number; text: string }
export type ReviewFile = { path: string; lines: Line[] }

export function filesIn(text: string): ReviewFile[] {
  const files: ReviewFile[] = []
  let open: ReviewFile | undefined
  for (const row of text.split('\n')) {
    const path = open ? undefined : /^<file path="(.*)">$/.exec(row)?.[1]
    if (path !== undefined) {
      open = { path, lines: [] }
    } else if (open && row === '</file>') {
      files.push(open)
      open = undefined
    } else if (open) {
      const tab = row.indexOf('\t')
      const number = Number(row.slice(0, Math.max(tab, 0)))
      if (number > 0) open.lines.push({ number, text: row.slice(tab + 1) })
    }
  }
  return files
}
