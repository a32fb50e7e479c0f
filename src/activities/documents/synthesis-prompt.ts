// What a synthesis is asked: the question, and every reader's answer as JSON, one a line. All of them have their share of
// the room, so that the last document counts as much as the first.
import { questionText } from '../../agents/reader.js'
import type { Reading } from './gather.js'

/** Characters; some 40,000 tokens. */
const ROOM = 160_000
/** Less says nothing: rather fewer answers, and their number. */
const LEAST = 200
const CITATIONS = 6

export function synthesisPrompt(question: string | undefined, readings: Reading[]): string {
  const saying = readings.filter(({ says }) => says)
  const share = Math.max(LEAST, Math.floor(ROOM / Math.max(1, saying.length)))
  const shown = saying.slice(0, Math.floor(ROOM / LEAST)).map((reading) => line(reading, share))
  const task = question === undefined ? 'The key points of each document, to be combined.' : questionText(question)
  const silent = readings.length - saying.length
  return [
    task,
    '',
    saying.length === 0 && 'None of the documents says anything about it. Say so in one sentence.',
    saying.length > 0 && (question === undefined ? 'What the readers took:' : 'What the readers found:'),
    ...shown,
    silent > 0 && saying.length > 0 && `${silent} more had nothing to say about it.`,
    saying.length > shown.length && `${saying.length - shown.length} more did not fit: say that there are more.`,
  ]
    .filter((part) => part !== false)
    .join('\n')
}

function line({ path, where, text, citations }: Reading, share: number): string {
  const quotes = citations.slice(0, CITATIONS).map(({ quote, line, page, verified }) => ({
    quote: clip(quote, Math.min(300, Math.floor(share / 8))),
    ...(line !== undefined && { line }),
    ...(page !== undefined && { page }),
    verified,
  }))
  const document = clip(path, 300)
  return JSON.stringify({ document, ...(where && { part: where }), said: clip(text, Math.floor(share / 2)), quotes })
}

function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`
}
