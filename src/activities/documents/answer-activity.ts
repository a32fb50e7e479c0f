// Writes the answer from what is stored: the readings, the syntheses, how each call ended.
import type { Answered, AnswerRequest, Citation } from '../../contracts/documents.js'
import type { CallDeps } from '../call/deps.js'
import type { DocumentsKeep } from '../prepare/documents.js'
import { readableStorageErrors } from '../storage-errors.js'
import { keepText, readText } from '../texts.js'
import { writeAnswer } from './answer.js'
import type { Reading } from './gather.js'
import { synthesisId } from './ids.js'

/** Citations a result carries itself. */
const MOST_CITATIONS = 500

export function createAnswer({ store }: CallDeps) {
  return async function answer(request: AnswerRequest): Promise<Answered> {
    return readableStorageErrors(async () => {
      const { leftOut, questions } = JSON.parse(await store.text(request.files)) as DocumentsKeep
      const found = JSON.parse(await store.text(request.gathered)) as Reading[]
      const readings = found.map((reading) => ({ ...reading, citations: each(reading.citations) }))
      const byId = new Map(request.syntheses.map((synthesis) => [synthesis.id, synthesis]))
      const syntheses = (questions.length > 0 ? questions : ['']).map(async (_, question) => {
        const synthesis = byId.get(synthesisId(question, questions.length))
        if (!synthesis) return undefined
        const { note, text } = synthesis
        return { ...(note && { note }), ...(text !== undefined && { text: await readText(store, text) }) }
      })
      const text = writeAnswer({
        title: request.title,
        simulated: request.server === 'simulated',
        questions,
        readings,
        syntheses: await Promise.all(syntheses),
        failed: request.items.filter(({ status }) => status !== 'ok'),
        leftOut,
      })
      const byQuestion = readings.toSorted((a, b) => a.question - b.question)
      return {
        answer: await keepText(store, request.root, text, request.inlineBytes),
        citations: byQuestion.flatMap(({ citations }) => citations).slice(0, MOST_CITATIONS),
      }
    })
  }
}

/** By place, each once. */
function each(citations: Citation[]): Citation[] {
  const place = ({ line, page }: Citation) => line ?? page ?? 0
  const once = new Map(citations.map((one) => [JSON.stringify([one.line, one.page, one.quote]), one]))
  return [...once.values()].sort((a, b) => place(a) - place(b))
}
