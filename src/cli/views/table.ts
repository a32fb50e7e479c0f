// A table for people: columns as wide as their widest cell, numbers to the right. Programs take --json.
export type Column = { title: string; right?: boolean }

export function table(columns: Column[], rows: string[][]): string {
  const widths = columns.map(({ title }, at) => Math.max(...[title, ...rows.map((row) => row[at] ?? '')].map(width)))
  const line = (cells: string[]) =>
    cells
      .map((cell, at) => {
        const padding = ' '.repeat(Math.max(0, widths[at]! - width(cell)))
        return columns[at]!.right ? padding + cell : cell + padding
      })
      .join('  ')
      .trimEnd()
  return [columns.map(({ title }) => title), ...rows].map(line).join('\n')
}

/** Code points, not UTF-16 units; wide characters may still shift a column, which harms nobody. */
const width = (text: string) => [...text].length
