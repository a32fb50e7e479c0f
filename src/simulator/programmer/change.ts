// From a file as it is to the file as it shall be, one change at a time: an edit where little is different, the whole file
// where it is new or becomes another.

export type Change = { tool: 'Write' | 'Edit'; input: Record<string, string> }

/** Lines [from, to) of the old text become [nowFrom, nowTo) of the new one. */
type Hunk = { from: number; to: number; nowFrom: number; nowTo: number }

/** Equal lines between two hunks that are not worth a change of their own. */
const APART = 8
const SMALL_FILE = 8

/** The next change; undefined when nothing is left to do. @param before undefined: there is no such file */
export function changeOf(file: string, before: string | undefined, after: string): Change | undefined {
  if (before === after) return undefined
  const whole: Change = { tool: 'Write', input: { file_path: file, content: after } }
  if (before === undefined || before === '') return whole
  const [old, now] = [before.split('\n'), after.split('\n')]
  const hunks = hunksOf(old, now)
  const changed = hunks.reduce((sum, { from, to }) => sum + to - from, 0)
  const [hunk, next] = hunks
  if (!hunk || (changed > old.length / 2 && old.length > SMALL_FILE)) return whole
  // What is replaced must be there, and once: with lines above it, then below it, that stay as they are.
  let { from, to, nowFrom, nowTo } = hunk
  const text = () => old.slice(from, to).join('\n')
  while (text() === '' || before.split(text()).length !== 2) {
    if (from > 0) [from, nowFrom] = [from - 1, nowFrom - 1]
    else if (to < (next?.from ?? old.length)) [to, nowTo] = [to + 1, nowTo + 1]
    else return whole
  }
  const input = { file_path: file, old_string: text(), new_string: now.slice(nowFrom, nowTo).join('\n') }
  return { tool: 'Edit', input }
}

/** The text after a change that was made. */
export function applied(before: string | undefined, input: Record<string, unknown>): string {
  const { content, old_string: old, new_string: now } = input
  if (typeof content === 'string') return content
  return (before ?? '').replace(String(old), () => String(now))
}

function hunksOf(old: string[], now: string[]): Hunk[] {
  const same = commonLines(old, now)
  const hunks: Hunk[] = []
  let [at, nowAt] = [0, 0]
  for (const [line, nowLine] of [...same, [old.length, now.length] as const]) {
    const last = hunks.at(-1)
    if (line > at || nowLine > nowAt) {
      if (last && at - last.to < APART) [last.to, last.nowTo] = [line, nowLine]
      else hunks.push({ from: at, to: line, nowFrom: nowAt, nowTo: nowLine })
    }
    ;[at, nowAt] = [line + 1, nowLine + 1]
  }
  return hunks
}

/** Pairs of line numbers of a longest common subsequence. */
function commonLines(old: string[], now: string[]): [number, number][] {
  const width = now.length + 1
  const longest = new Uint32Array((old.length + 1) * width)
  const at = (line: number, nowLine: number) => longest[line * width + nowLine] ?? 0
  for (let line = old.length - 1; line >= 0; line--)
    for (let nowLine = now.length - 1; nowLine >= 0; nowLine--)
      longest[line * width + nowLine] =
        old[line] === now[nowLine]
          ? at(line + 1, nowLine + 1) + 1
          : Math.max(at(line + 1, nowLine), at(line, nowLine + 1))
  const pairs: [number, number][] = []
  for (let line = 0, nowLine = 0; line < old.length && nowLine < now.length; ) {
    if (old[line] === now[nowLine]) pairs.push([line++, nowLine++])
    else if (at(line + 1, nowLine) >= at(line, nowLine + 1)) line++
    else nowLine++
  }
  return pairs
}
