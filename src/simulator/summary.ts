// Prose about findings, for the call that writes the summary above a review. It counts what the prompt holds and names
// the places that are mentioned most, and nothing else: a simulated reader has no opinions.

const severities = ['critical', 'high', 'medium', 'low'] as const

/** A short summary of the findings in a prompt; undefined when it holds none and the system text asks for no summary. */
export function summaryOf(prompt: string, system = ''): string | undefined {
  const wanted = /\bsum up|\bsummar/i.test(system) && /\bfindings?\b/i.test(system)
  if (!wanted && !/\bfindings?\b/i.test(prompt)) return undefined
  const counts = severities.map((name) => ({ name, count: countOf(prompt, new RegExp(`\\b${name}\\b`, 'gi')) }))
  const found = counts.filter(({ count }) => count > 0)
  const places = placesIn(prompt)
  if (!wanted && found.length === 0 && places.length === 0) return undefined
  const tally = found.map(({ name, count }) => `${count} ${name}`).join(', ')
  const perFile = new Map<string, number>()
  for (const { file } of places) perFile.set(file, (perFile.get(file) ?? 0) + 1)
  const busiest = [...perFile].sort((a, b) => b[1] - a[1]).slice(0, 3)
  const sentences = [
    `SIMULATED summary. The experts' findings mention ${tally || 'no severity'}.`,
    busiest.length > 0 ? `Most of them concern ${busiest.map(([file, n]) => `${file} (${n})`).join(', ')}.` : '',
    places[0] ? `A good place to start is ${places[0].file}, line ${places[0].line}.` : '',
    'No model was asked: this summary was derived from the findings by the local simulator.',
  ]
  return sentences.filter(Boolean).join(' ')
}

function countOf(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}

/** Places as `src/a.ts:12` or as JSON with "file" and "line". */
function placesIn(prompt: string): { file: string; line: string }[] {
  const patterns = [/"file":\s*"([^"]+)",\s*"line":\s*(\d+)/g, /([\w@./-]+\.\w+):(\d+)/g]
  return patterns.flatMap((pattern) =>
    Array.from(prompt.matchAll(pattern), ([, file = '', line = '']) => ({ file, line })),
  )
}
