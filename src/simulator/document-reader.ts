// The simulated reader: lines that share words with the question, or the first ones that say something, quoted as they
// stand. Every now and then, the same for the same question, it also quotes what is not there, so that a quote that does
// not hold is seen without a model.

import { createHash } from 'node:crypto'
import { type DocumentSource, documentsIn, questionIn, type Row } from './document-sources.js'
import { jsonForSchema, type Schema } from './json-for-schema.js'

const MOST_QUOTES = 3
const LONGEST_QUOTE = 200
/** One answer in so many quotes what is not there. */
const WRONG = 3

/** The answer of a reader; undefined when the schema asks for no citations or no document was given. */
export function readerAnswer(schema: Schema, system: string[], prompt: string, pdfs: string[][]): unknown {
  const properties = schema.properties as Record<string, Schema> | undefined
  const fields = (properties?.citations?.items as Schema | undefined)?.properties as Record<string, Schema> | undefined
  if (!fields?.quote || !fields.place) return undefined
  const [document] = documentsIn(prompt, pdfs)
  if (!document) return undefined
  const question = questionIn([...system, prompt])
  const rows = document.image ? [] : chosen(document.rows, question)
  const citations = [...rows.map(quoted), ...wrong(document, question, rows)]
  const said = document.image
    ? [`${document.path} is an image, and nobody looked at it.`]
    : rows.map(({ text }) => `It says "${clip(text)}".`)
  const answer = {
    answered: said.length > 0,
    answer: said.length > 0 ? `SIMULATED: ${document.path}: ${said.join(' ')}` : '',
    points: said.map((point) => `SIMULATED: ${point}`),
    citations: document.image ? [{ quote: 'SIMULATED words of an image', place: 0 }] : citations,
  }
  const own = Object.entries(answer).filter(([name]) => name in (properties ?? {}))
  const others = Object.entries(properties ?? {}).filter(([name]) => !(name in answer))
  const rest = jsonForSchema({ ...schema, properties: Object.fromEntries(others) }, document.path)
  return { ...(rest as object), ...Object.fromEntries(own) }
}

function chosen(rows: Row[], question: string | undefined): Row[] {
  const saying = rows.filter(({ text }) => words(text).length > 1)
  if (question === undefined) return saying.slice(0, MOST_QUOTES)
  const asked = new Set(words(question))
  const score = ({ text }: Row) => words(text).filter((word) => asked.has(word)).length
  const scored = saying.map((row) => ({ row, score: score(row) })).filter((one) => one.score > 0)
  return scored
    .sort((a, b) => b.score - a.score)
    .slice(0, MOST_QUOTES)
    .map(({ row }) => row)
}

/** Words that mean something. */
const words = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}]{4,}/gu) ?? []

const clip = (text: string) => Array.from(text.trim()).slice(0, LONGEST_QUOTE).join('')
const quoted = ({ place, text }: Row) => ({ quote: clip(text), place })

function wrong({ path }: DocumentSource, question: string | undefined, rows: Row[]) {
  const first = rows[0]
  const by =
    createHash('sha1')
      .update(JSON.stringify([path, question]))
      .digest()[0] ?? 0
  return first && by % WRONG === 0 ? [{ quote: `SIMULATED mistake: ${clip(first.text)}`, place: first.place }] : []
}

/** What a simulated reader makes of several answers; undefined when the system text asks for something else. */
export function synthesisOf(prompt: string, system: string): string | undefined {
  if (!/^You combine what readers took/.test(system)) return undefined
  const documents = Array.from(prompt.matchAll(/^\{"document":"([^"]+)"/gm), ([, path = '']) => path)
  const named = [...new Set(documents)]
  const shown = named.length > 5 ? `${named.slice(0, 5).join(', ')} and ${named.length - 5} more` : named.join(', ')
  const about = questionIn([prompt])
  const most = about === undefined ? '' : ` to "${clip(about.replace(/\s+/g, ' '))}"`
  return `SIMULATED synthesis: ${documents.length} answers${most}, from ${shown || 'no document'}. No model was asked; the quotes below are what there is.`
}
