// How runners put numbers into words: "1 failed, 2 passed", "# pass 3".

/** Every capture of the pattern's first group. */
export function captures(text: string, pattern: RegExp): string[] {
  return Array.from(text.matchAll(pattern), (match) => match[1] ?? '')
}

/** Sums "3 passed" over all texts; 0 where none says it. */
export function countOf(texts: string[], word: string): number {
  const number = new RegExp(`(\\d+) ${word}`)
  return texts.reduce((sum, text) => sum + Number(number.exec(text)?.[1] ?? 0), 0)
}

export function sumOf(numbers: string[]): number {
  return numbers.reduce((sum, one) => sum + Number(one), 0)
}
