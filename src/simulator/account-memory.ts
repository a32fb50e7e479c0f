// The simulated memory analyst: notes sorted by day and by kind.
import { type Row, rowsOf, textOr } from './records.js'
import { jsonOf, type Said } from './tool-talk.js'

const LIKED: Record<string, number> = { positive: 1, negative: -1 }

export function memoryInsights(said: Said[]) {
  const told = [...rowsOf(jsonOf(said, 'get_account_timeline')), ...rowsOf(jsonOf(said, 'search_account_history'))]
  const events = [...new Map(told.map((event) => [`${event.at} ${event.text}`, event])).values()].sort((a, b) =>
    at(a).localeCompare(at(b)),
  )
  const noted = (kind: string) => events.filter((event) => event.kind === kind)
  const note = (event: Row) => ({ at: at(event), what: what(event), source: source(event) })
  const promises = noted('commitment').map((event) => ({
    ...note(event),
    by: what(event).startsWith('We ') ? ('us' as const) : ('customer' as const),
    status: textOr(event.outcome, '') === 'open' ? ('open' as const) : ('unknown' as const),
  }))
  const pains = noted('pain_point').map(note)
  const wins = noted('win').map(note)
  return {
    timeline: events.map(note),
    meetings: noted('meeting').map((event) => ({ ...note(event), outcome: textOr(event.outcome, '') })),
    commitments: promises,
    pain_points: pains,
    wins,
    sentiment: sentimentOf(events),
    engagement_pattern: patternOf(events),
    themes: [
      { theme: 'what hurts', what: pains.map((one) => one.what) },
      { theme: 'what works', what: wins.map((one) => one.what) },
    ].filter((theme) => theme.what.length > 0),
    follow_ups: promises
      .filter(({ status }) => status === 'open')
      .map((promise) => ({ what: promise.what, why: 'SIMULATED: it is open', source: promise.source })),
    related: rowsOf(jsonOf(said, 'get_related_entities')).map((entity) => ({
      name: textOr(entity.name, ''),
      kind: textOr(entity.kind, ''),
      relation: textOr(entity.relation, ''),
    })),
    citations: events.map((event) => ({ source: source(event), at: at(event) })),
  }
}

function sentimentOf(events: Row[]) {
  const half = Math.ceil(events.length / 2)
  const mood = (some: Row[]) =>
    some.reduce((sum, { sentiment }) => sum + (LIKED[String(sentiment)] ?? 0), 0) / Math.max(1, some.length)
  const [before, after] = [mood(events.slice(0, half)), mood(events.slice(half))]
  const why = `SIMULATED: notes went from ${before.toFixed(1)} to ${after.toFixed(1)} on a scale from -1 to 1`
  if (events.length < 2) return { trend: 'unknown' as const, why: 'SIMULATED: too few notes' }
  return {
    trend: after > before ? ('improving' as const) : after < before ? ('declining' as const) : ('steady' as const),
    why,
  }
}

function patternOf(events: Row[]): string {
  if (events.length === 0) return 'SIMULATED: nothing is remembered.'
  return `SIMULATED: ${events.length} notes from ${at(events[0] ?? {})} to ${at(events.at(-1) ?? {})}.`
}

const at = (event: Row) => textOr(event.at, '')
const what = (event: Row) => textOr(event.text, '')
const source = (event: Row) => textOr(event.source, 'unknown')
