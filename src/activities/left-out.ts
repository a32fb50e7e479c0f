// Files nobody reads are named, with the reason: in the plan before anything is spent, in the refusal when nothing is
// left, and in what comes out at the end.
import type { LeftOut } from '../git/list-files.js'
import { code, inline } from './markdown.js'

/** Names a list shows; a directory of pictures must not bury what was found. */
const MOST_LISTED = 100

/** The plan's warning. */
export function leftOutWarning(leftOut: LeftOut[]): string {
  return `left out: ${namesOf(leftOut, 5, ' ')}`
}

/** What one could not read, in a refusal; empty for none. */
export function leftOutNames(leftOut: LeftOut[]): string {
  return namesOf(leftOut, 10, ', ')
}

function namesOf(leftOut: LeftOut[], most: number, before: string): string {
  const named = leftOut.slice(0, most).map(({ path, reason }) => `${path} (${reason})`)
  const more = leftOut.length - named.length
  return named.join(', ') + (more > 0 ? `${before}and ${more} more` : '')
}

/** A section of Markdown; empty for none. */
export function leftOutList(leftOut: LeftOut[]): string {
  if (leftOut.length === 0) return ''
  const named = leftOut.slice(0, MOST_LISTED).map(({ path, reason }) => `- ${code(path)}: ${inline(reason)}`)
  if (leftOut.length > named.length) named.push(`- and ${leftOut.length - named.length} more`)
  return `## Left out\n\n${named.join('\n')}`
}
