// Which known names a misspelt one may have been meant to be.

const MOST = 3
/** Longer ones are compared as they are: the work grows with the square. */
const LONGEST = 100

/** The nearest first, at most three: of a name no more than two letters, or a third of it, would have to change. */
export function nearNames(given: string, known: readonly string[]): string[] {
  return known
    .map((name) => ({ name, distance: distance(given.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(2, name.length / 3))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, MOST)
    .map(({ name }) => name)
}

/** Levenshtein's: letters to insert, remove or replace. */
function distance(a: string, b: string): number {
  if (Math.max(a.length, b.length) > LONGEST) return a === b ? 0 : LONGEST
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
