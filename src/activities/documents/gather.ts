// What the readers answered, together: every quote checked against its document, and one request for each question that
// asks for a synthesis. The answers stand without it.
import { SYNTHESIS_SYSTEM } from '../../agents/reader.js'
import type { Citation, Gathered, GatherRequest } from '../../contracts/documents.js'
import { DocumentAnswer, DocumentPoints } from '../../contracts/schemas/index.js'
import type { Store } from '../../storage/store.js'
import type { CallDeps } from '../call/deps.js'
import type { StoredCall } from '../call/request.js'
import type { DocumentsKeep } from '../prepare/documents.js'
import { worstOfStored } from '../prepare/worst.js'
import { readableStorageErrors } from '../storage-errors.js'
import { readText } from '../texts.js'
import { cite, type Source } from './cite.js'
import { synthesisId } from './ids.js'
import { searchable } from './quote.js'
import { synthesisPrompt } from './synthesis-prompt.js'

/** One reader's answer. `says`: false when its document has nothing on the question. */
export type Reading = { id: string; path: string; where: string; question: number; says: boolean; text: string } & {
  citations: Citation[]
}

export function createGather({ store }: CallDeps) {
  return async function gather({ root, files, items }: GatherRequest): Promise<Gathered> {
    return readableStorageErrors(async () => {
      const keep = JSON.parse(await store.text(files)) as DocumentsKeep
      const readings = await readingsOf(store, keep, items)
      const { synthesis, questions } = keep
      const calls: StoredCall[] = []
      const silent: string[] = []
      const wanted = synthesis ? Math.max(1, questions.length) : 0
      for (let question = 0; question < wanted; question++) {
        const id = synthesisId(question, questions.length)
        const about = readings.filter((reading) => reading.question === question)
        if (about.length === 0) silent.push(id)
        else calls.push(synthesisCall(id, synthesis!, questions[question], about))
      }
      const page = await store.put(root, JSON.stringify(calls))
      return {
        gathered: await store.put(root, JSON.stringify(readings)),
        syntheses: calls.map((call, index) => ({
          id: call.id,
          page,
          index,
          model: call.model,
          worstUsd: worstOfStored(call),
        })),
        silent,
      }
    })
  }
}

function synthesisCall(
  id: string,
  how: { model: string; maxTokens: number },
  question: string | undefined,
  readings: Reading[],
): StoredCall {
  const system = [{ type: 'text', text: SYNTHESIS_SYSTEM }]
  return { id, ...how, system, messages: [{ role: 'user', content: synthesisPrompt(question, readings) }] }
}

/** In the order of the plan; a document's text is taken in hand once, for all its parts and questions. */
async function readingsOf(store: Store, keep: DocumentsKeep, items: GatherRequest['items']): Promise<Reading[]> {
  const answered = new Map(items.flatMap(({ id, status, text }) => (status === 'ok' && text ? [[id, text]] : [])))
  const readings: Reading[] = []
  let source: Source | undefined
  for (const item of keep.items) {
    const text = answered.get(item.id)
    if (text === undefined) continue
    if (source?.path !== item.path) source = await sourceOf(store, keep, item.path)
    const { says, body, citations } = understood(await readText(store, text), keep.questions.length > 0)
    const several = keep.questions.length > 1 && { question: keep.questions[item.question]!.slice(0, 200) }
    const checked = citations.map((citation) => ({ ...cite(source!, citation), ...several }))
    readings.push({ ...item, says, text: body, citations: checked })
  }
  return readings
}

async function sourceOf(store: Store, { documents }: DocumentsKeep, path: string): Promise<Source> {
  const document = documents.find((one) => one.path === path)
  if (!document) throw new Error(`the plan has no document ${path}`)
  const units = document.units === undefined ? [] : (JSON.parse(await store.text(document.units)) as string[])
  return { path, kind: document.kind, units, text: searchable(units) }
}

/** Of the shape that was asked for: an answer of another one was no answer. */
function understood(json: string, asked: boolean) {
  if (asked) {
    const { answered, answer, citations } = DocumentAnswer.parse(JSON.parse(json))
    return { says: answered, body: answer, citations }
  }
  const { points, citations } = DocumentPoints.parse(JSON.parse(json))
  return {
    says: points.length > 0,
    body: points.map((point) => `- ${point.replace(/\s+/g, ' ')}`).join('\n'),
    citations,
  }
}
