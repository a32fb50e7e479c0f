// What somebody may have meant.

/** The known names that are nearest to a misspelt one, at most three; those with a common beginning count as near. */
export function nearNames(name: string, known: string[]): string[] {
  const wanted = name.toLowerCase()
  const near = known
    .map((candidate) => ({ candidate, distance: distance(wanted, candidate.toLowerCase()) }))
    .filter(({ candidate, distance: far }) => far <= Math.max(2, candidate.length / 3))
  return near
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate)
}

/** "unknown tool "Raed": did you mean Read? There are Read, Edit" */
export function didYouMean(name: string, known: string[]): string {
  const near = nearNames(name, known)
  const there = known.length > 0 ? `there are ${known.join(', ')}` : 'there are none'
  return near.length > 0 ? `did you mean ${near.join(' or ')}? ${there}` : there
}

function distance(a: string, b: string): number {
  if (Math.max(a.length, b.length) > 100) return a === b ? 0 : 100
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
