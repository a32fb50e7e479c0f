// `documents`: every part of every document is asked every question. With several questions the document is what calls
// share, and the question comes behind it; with one, or none, the instructions and the question are.
import { z } from 'zod'
import { DEFAULT_MODEL, findModel } from '../../agents/models.js'
import { ANSWER_SYSTEM, POINTS_SYSTEM, questionText } from '../../agents/reader.js'
import type { Ref } from '../../contracts/refs.js'
import { DocumentAnswer, DocumentPoints, DocumentsInput, MAX_ITEMS } from '../../contracts/schemas/index.js'
import type { LeftOut } from '../../git/list-files.js'
import type { StoredCall } from '../call/request.js'
import type { Document } from '../documents/document.js'
import { itemIds, synthesisId } from '../documents/ids.js'
import { type Part, partsOf } from '../documents/parts.js'
import { readDocuments } from '../documents/read.js'
import { InputError } from '../input-error.js'
import { leftOutNames, leftOutWarning } from '../left-out.js'
import { splitLines } from '../lines.js'
import { type Draft, type DraftCall, type DraftShared, toBlocks } from './draft.js'
import { parseInput } from './parse.js'

/** Thinking counts. */
const MAX_TOKENS = 8192
const EXPECTED = 800
/** A synthesis reads at most about this many tokens. */
const SYNTHESIS_TOKENS = 50_000

/** What the later steps need beside the plan. `units`: a document's lines or pages, stored as a list. */
export type DocumentsKeep = {
  documents: { path: string; kind: Document['kind']; units?: Ref }[]
  leftOut: LeftOut[]
  /** Empty: key points were wanted. */
  questions: string[]
  items: { id: string; path: string; where: string; question: number }[]
  /** Absent where there is one part alone: nothing to combine. */
  synthesis?: { model: string; maxTokens: number }
}

type Put = (text: string) => Promise<Ref>
type Asked = { part: Part; question: number }

export async function draftDocuments(raw: unknown, put: Put, signal: AbortSignal): Promise<Draft> {
  const input = parseInput(DocumentsInput, raw)
  const named = input.model ?? DEFAULT_MODEL
  const model = findModel(named)?.id ?? named
  const maxTokens = input.maxTokens ?? MAX_TOKENS
  const questions = input.questions ?? []
  const blank = questions.findIndex((question) => question.trim() === '')
  if (blank >= 0) throw new InputError(`questions.${blank}: is empty; wanted text`)
  const read = await readDocuments(input.files, signal)
  const { documents, parts, leftOut, notes } = inParts(read, model)
  const asked = parts.flatMap((part) =>
    (questions.length > 0 ? questions : ['']).map((_, question): Asked => ({ part, question })),
  )
  if (asked.length > MAX_ITEMS)
    throw new InputError(
      `files: ${parts.length} documents or parts with ${questions.length} questions are ${asked.length} calls; ` +
        `wanted at most ${MAX_ITEMS} in one run`,
    )
  const items = asked.map(({ part: { path, where }, question }) => ({ path, where, question }))
  const ids = itemIds(items, questions.length)
  const { calls, shared } = callsOf(asked, ids, questions, { model, maxTokens })
  const later = parts.length > 1 ? (questions.length > 0 ? questions : ['']) : []
  const keep: DocumentsKeep = {
    documents: await Promise.all(documents.map((document) => kept(document, put))),
    leftOut,
    questions,
    items: items.map((item, index) => ({ id: ids[index]!, ...item })),
    ...(later.length > 0 && { synthesis: { model, maxTokens } }),
  }
  return {
    title: titleOf(documents.length, questions.length),
    calls,
    shared,
    warnings: [...(leftOut.length > 0 ? [leftOutWarning(leftOut)] : []), ...notes],
    settings: input,
    expectedOutput: EXPECTED,
    later: later.map((_, question) => ({
      id: synthesisId(question, questions.length),
      model,
      inputTokens: Math.min(SYNTHESIS_TOKENS, EXPECTED * parts.length),
      maxTokens,
      expectedOutput: EXPECTED,
    })),
    keep,
  }
}

function inParts(read: { documents: Document[]; leftOut: LeftOut[] }, model: string) {
  const documents: Document[] = []
  const parts: Part[] = []
  const leftOut = [...read.leftOut]
  const notes: string[] = []
  for (const document of read.documents) {
    const parted = partsOf(document, model)
    if ('reason' in parted) {
      leftOut.push(parted)
      continue
    }
    documents.push(document)
    parts.push(...parted.parts)
    if (parted.note) notes.push(parted.note)
  }
  if (parts.length === 0) throw new InputError(`files: nothing to read: ${leftOutNames(leftOut)}`)
  return { documents, parts, leftOut, notes }
}

function callsOf(asked: Asked[], ids: string[], questions: string[], how: { model: string; maxTokens: number }) {
  const output = z.toJSONSchema(questions.length > 0 ? DocumentAnswer : DocumentPoints)
  const system = questions.length > 0 ? ANSWER_SYSTEM : POINTS_SYSTEM
  const several = questions.length > 1
  const first = toBlocks(questions.length === 1 ? `${system}\n\n${questionText(questions[0]!)}` : system)
  const shared: DraftShared[] = []
  if (!several) shared.push({ blocks: first, cache: 'auto' })
  const places = new Map<Part, number>()
  const calls = asked.map(({ part, question }, index): DraftCall => {
    const base = { id: ids[index]!, ...how, output }
    if (!several) {
      const ask = questions.length === 1 ? 'Answer the question from this document.' : 'Take the key points.'
      const content = [...part.blocks, { type: 'text', text: ask }]
      return { call: { ...base, messages: [{ role: 'user', content }] }, shared: 0, tokens: part.tokens }
    }
    if (!places.has(part)) {
      places.set(part, shared.length)
      shared.push({ blocks: part.blocks, cache: 'auto', place: 'message', tokens: part.tokens })
    }
    const call: StoredCall = {
      ...base,
      system: first,
      messages: [{ role: 'user', content: questionText(questions[question]!) }],
    }
    return { call, shared: places.get(part)! }
  })
  return { calls, shared }
}

async function kept(document: Document, put: Put): Promise<DocumentsKeep['documents'][number]> {
  const { path, kind } = document
  if (kind === 'image') return { path, kind }
  const units = kind === 'pdf' ? document.pages : splitLines(document.text)
  return { path, kind, units: await put(JSON.stringify(units)) }
}

function titleOf(documents: number, questions: number): string {
  const many = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`
  return `${questions > 0 ? many(questions, 'question') : 'key points'} on ${many(documents, 'document')}`
}
