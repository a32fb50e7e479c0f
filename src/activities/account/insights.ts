// What the memory analyst hands over: in order of time, and nothing that cites no source.
import type { HistoricalInsights } from '../../contracts/schemas/index.js'
import type { Checked } from './checked.js'

export function checkedInsights(insights: HistoricalInsights): Checked<HistoricalInsights> {
  const dated = { ...insights }
  for (const field of ['timeline', 'meetings', 'commitments', 'pain_points', 'wins'] as const) {
    const list: { source: string; what: string }[] = insights[field]
    const uncited = list.find(({ source }) => source.trim() === '')
    if (uncited) return { refused: `${field}: "${uncited.what.slice(0, 80)}" names no source` }
    Object.assign(dated, { [field]: oldestFirst(insights[field]) })
  }
  return { value: { ...dated, citations: oldestFirst(insights.citations) } }
}

function oldestFirst<T extends { at: string }>(list: T[]): T[] {
  return [...list].sort((a, b) => a.at.localeCompare(b.at))
}
