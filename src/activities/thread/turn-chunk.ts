// How a turn that has ended becomes a chunk of its conversation, and what of it the workflow is told.
import { promptTokens } from '../../agents/prices.js'
import type { ToolResult } from '../../contracts/agent.js'
import { type Chunk, type ContentBlock, chunkText } from '../../contracts/conversation.js'
import type { ItemResult } from '../../contracts/outcome.js'
import type { Ref } from '../../contracts/refs.js'
import type { TurnOutcome, TurnRequest } from '../../contracts/turn.js'
import type { Attempt } from '../../storage/journal.js'
import { StorageError } from '../../storage/storage-error.js'
import type { Answer, KeptTurn } from '../call/answer.js'
import type { CallDeps } from '../call/deps.js'
import { type AttemptCost, lostWarning, spentBy } from '../call/spent.js'
import { keepJson, keepText } from '../texts.js'
import { putChunk } from './chunks.js'
import { goesOn } from './goes-on.js'

/** What a chunk is made of, whatever called for it. */
export type TurnPlace = Pick<
  TurnRequest,
  | 'root'
  | 'run'
  | 'turn'
  | 'head'
  | 'chained'
  | 'condensed'
  | 'length'
  | 'message'
  | 'id'
  | 'inlineBytes'
  | 'agent'
  | 'stepNumber'
>

/** What the model is told before the message. */
export type Put = { before: ContentBlock[]; results?: ToolResult[] }

type Ended = Pick<Chunk, 'status' | 'answer' | 'partial' | 'model' | 'stopReason' | 'goesOn' | 'error' | 'warnings'> & {
  length: number
  contextTokens: number
}

function chunkOf(place: TurnPlace, { before, results }: Put, ended: Ended, attempts: Attempt[]): Chunk {
  const { turn, head, chained, message, id, condensed, run, stepNumber = 1 } = place
  const { usage, usd } = spentBy(run, attempts)
  return {
    turn,
    ...(head !== undefined && { prev: head }),
    chained: stepNumber === 1 ? chained + 1 : chained,
    sent: { content: message, ...(id !== undefined && { id }) },
    ...(stepNumber > 1 && { step: stepNumber }),
    ...(results && results.length > 0 && { results }),
    ...(before.length > 0 && { before }),
    ...ended,
    usage,
    usd,
    ...(condensed !== undefined && { condensed }),
  }
}

/** @param last the chunk before. */
export function answeredChunk(
  place: TurnPlace,
  put: Put,
  answer: Answer,
  attempts: Attempt[],
  last: Chunk | undefined,
): Chunk {
  const { content, model, stopReason, usage, warnings } = answer
  const more = goesOn(place, answer, last)
  const { lost } = spentBy(place.run, attempts)
  const ended: Ended = {
    status: 'ok',
    answer: content,
    model,
    stopReason,
    ...(more && { goesOn: true as const }),
    warnings: [...warnings, ...lostWarning(lost)],
    length: more ? place.length : place.length + 1,
    contextTokens: promptTokens(usage) + usage.outputTokens,
  }
  return chunkOf(place, put, ended, attempts)
}

/** One that ended without an answer: interrupted, with what had arrived, or failed. */
export function unansweredChunk(
  place: TurnPlace,
  put: Put,
  ended: { status: 'interrupted'; partial: string } | { status: 'error'; error: ItemResult['error'] },
  attempts: Attempt[],
): Chunk {
  const { lost } = spentBy(place.run, attempts)
  const how =
    ended.status === 'error'
      ? { status: ended.status, ...(ended.error && { error: ended.error }) }
      : { status: ended.status, ...(ended.partial !== '' && { partial: ended.partial }) }
  const contextTokens = ended.status === 'error' ? 0 : lastContext(place.run, attempts)
  return chunkOf(place, put, { ...how, warnings: lostWarning(lost), length: place.length, contextTokens }, attempts)
}

/** As far as the API had counted it when the answer broke off; 0 where it had not begun. */
function lastContext(run: string, attempts: Attempt[]): number {
  const last = attempts.findLast((attempt) => attempt.run === run)
  const usage = (last?.usage as AttemptCost | undefined)?.usage
  return usage ? promptTokens(usage) + usage.outputTokens : 0
}

/** Storage that is away for a moment must not cost an answer that is paid: then the journal itself keeps the chunk. */
export async function keepChunk(deps: CallDeps, place: TurnPlace, chunk: Chunk): Promise<KeptTurn> {
  try {
    return { chunk: await putChunk(deps, place.root, chunk) }
  } catch (error) {
    if (error instanceof StorageError && error.kind === 'unreachable') return { unstored: chunk }
    throw error
  }
}

/** @param agent whose last answer has a schema. */
export async function outcomeOf(
  { store }: CallDeps,
  { root, run, inlineBytes }: TurnPlace,
  head: Ref,
  chunk: Chunk,
  attempts: Attempt[],
  agent?: { output?: object },
): Promise<TurnOutcome> {
  const { lost: _, ...spent } = spentBy(run, attempts)
  const { status, error, length, contextTokens, warnings, goesOn: more, stopReason } = chunk
  const text = chunkText(chunk)
  const output = agent?.output && status === 'ok' && !more && text !== undefined ? JSON.parse(text) : undefined
  return {
    status,
    head,
    ...(text !== undefined && { text: await keepText(store, root, text, inlineBytes) }),
    ...(output !== undefined && { output: await keepJson(store, root, output, inlineBytes) }),
    ...(more && { goesOn: true as const }),
    ...(stopReason !== undefined && agent && { stopReason }),
    ...(error && { error }),
    length,
    contextTokens,
    ...spent,
    warnings,
  }
}
