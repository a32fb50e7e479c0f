// Lines of which some belong to the one above, as a nested list: what begins with two spaces is a child. A page is small,
// so the list has a size, and what does not fit is counted.
import { bytes, text } from './markdown.js'

const LONGEST = 250

/** @param most bytes of all of it; at least the first line is shown. */
export function tree(lines: string[], most: number): string[] {
  const [first, ...rest] = lines.map(entry)
  if (first === undefined) return []
  const shown = [first]
  let size = bytes(first)
  for (const next of rest) {
    size += bytes(next) + 1
    if (size > most) break
    shown.push(next)
  }
  const more = lines.length - shown.length
  return [[...shown, ...(more > 0 ? [`- … and ${more} more lines: \`ensemble show\` has them all`] : [])].join('\n')]
}

function entry(line: string): string {
  return `${line.startsWith('  ') ? '  ' : ''}- ${text(line.trim(), LONGEST)}`
}
