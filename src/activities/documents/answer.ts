// The answer of `documents`, put together by code: it stands without a synthesis, shows every quote with its place and
// whether it is really there, names every document that was not read, and says SIMULATED when no model was asked.
import type { Citation } from '../../contracts/documents.js'
import type { ItemStatus } from '../../contracts/outcome.js'
import type { LeftOut } from '../../git/list-files.js'
import { leftOutList } from '../left-out.js'
import { block, code, inline } from '../markdown.js'
import type { Reading } from './gather.js'

export type AnswerParts = {
  title: string
  simulated: boolean
  /** Empty: key points. */
  questions: string[]
  readings: Reading[]
  /** By question; undefined where there is none. `note`: why, when one was wanted. */
  syntheses: ({ text?: string; note?: string } | undefined)[]
  failed: { id: string; status: ItemStatus; note?: string }[]
  leftOut: LeftOut[]
}

/** Of a question, in the text; the result has more. */
const MOST_QUOTES = 60
const MOST_FAILED = 100

export function writeAnswer({ title, simulated, questions, failed, leftOut, ...parts }: AnswerParts): string {
  const asked = questions.length > 0 ? questions : [undefined]
  const sections = [
    `# ${inline(title)}`,
    simulated && '> **SIMULATED**: the local simulator answered, no model was asked.',
    ...asked.map((question, index) => answerTo(question, index, parts)),
    failedList(failed),
    leftOutList(leftOut),
  ]
  return `${sections.filter(Boolean).join('\n\n')}\n`
}

function answerTo(
  question: string | undefined,
  index: number,
  { readings, syntheses }: Pick<AnswerParts, 'readings' | 'syntheses'>,
): string {
  const about = readings.filter((reading) => reading.question === index)
  const synthesis = syntheses[index]
  const combined = synthesis?.text?.trim()
  // Key points are wanted of each document, whatever is made of them together.
  const each = question === undefined || !combined ? about.filter(({ says }) => says).map(reading) : []
  const silent = about.filter(({ says }) => !says)
  const nothing = about.length > 0 && silent.length === about.length && !combined
  return [
    question === undefined ? '## Key points' : `## ${inline(question)}`,
    combined && block(combined),
    !combined && synthesis?.note && `*Not combined: ${inline(synthesis.note)}*`,
    nothing && 'None of the documents says anything about it.',
    about.length === 0 && '*No answer.*',
    ...each,
    quotesOf(about.flatMap(({ citations }) => citations)),
  ]
    .filter(Boolean)
    .join('\n\n')
}

function reading({ path, where, text }: Reading): string {
  return `### ${code(where ? `${path}:${where}` : path)}\n\n${block(text)}`
}

function quotesOf(citations: Citation[]): string {
  if (citations.length === 0) return ''
  const shown = citations
    .slice(0, MOST_QUOTES)
    .map((citation) => `- ${placeOf(citation)}: “${inline(citation.quote)}”${doubt(citation)}`)
  if (citations.length > shown.length) shown.push(`- and ${citations.length - shown.length} more`)
  return `### Quotes\n\n${shown.join('\n')}`
}

function placeOf({ file, line, page }: Citation): string {
  if (page !== undefined) return `${code(file)}, page ${page}`
  return code(line === undefined ? file : `${file}:${line}`)
}

function doubt({ verified }: Citation): string {
  if (verified === null) return ' · cannot be checked'
  return verified ? '' : ' · **unverified**: not found there'
}

function failedList(failed: AnswerParts['failed']): string {
  if (failed.length === 0) return ''
  const named = failed.slice(0, MOST_FAILED).map(({ id, status, note }) => {
    return `- ${code(id)}: ${note ? `${status}: ${inline(note)}` : status}`
  })
  if (failed.length > named.length) named.push(`- and ${failed.length - named.length} more`)
  return `## Not answered\n\n${named.join('\n')}`
}
