// How a turn that has ended becomes a chunk of its conversation, and what of it the workflow is told.
import { promptTokens } from '../../agents/prices.js'
import type { ItemResult } from '../../contracts/outcome.js'
import type { Ref } from '../../contracts/refs.js'
import { type Chunk, type ContentBlock, chunkText, type TurnOutcome, type TurnRequest } from '../../contracts/thread.js'
import type { Attempt } from '../../storage/journal.js'
import { StorageError } from '../../storage/storage-error.js'
import type { Answer, KeptTurn } from '../call/answer.js'
import type { CallDeps } from '../call/deps.js'
import { type AttemptCost, lostWarning, spentBy } from '../call/spent.js'
import { keepText } from '../texts.js'
import { putChunk } from './chunks.js'

/** What a chunk is made of, whatever called for it. */
export type TurnPlace = Pick<
  TurnRequest,
  'root' | 'run' | 'turn' | 'head' | 'chained' | 'condensed' | 'length' | 'message' | 'id' | 'inlineBytes'
>

type Ended = Pick<Chunk, 'status' | 'answer' | 'partial' | 'model' | 'stopReason' | 'error' | 'warnings'> & {
  length: number
  contextTokens: number
}

function chunkOf(place: TurnPlace, before: ContentBlock[], ended: Ended, attempts: Attempt[]): Chunk {
  const { turn, head, chained, message, id, condensed, run } = place
  const { usage, usd } = spentBy(run, attempts)
  return {
    turn,
    ...(head !== undefined && { prev: head }),
    chained: chained + 1,
    sent: { content: message, ...(id !== undefined && { id }) },
    ...(before.length > 0 && { before }),
    ...ended,
    usage,
    usd,
    ...(condensed !== undefined && { condensed }),
  }
}

export function answeredChunk(place: TurnPlace, before: ContentBlock[], answer: Answer, attempts: Attempt[]): Chunk {
  const { content, model, stopReason, usage, warnings } = answer
  const { lost } = spentBy(place.run, attempts)
  const ended: Ended = {
    status: 'ok',
    answer: content,
    model,
    stopReason,
    warnings: [...warnings, ...lostWarning(lost)],
    length: place.length + 1,
    contextTokens: promptTokens(usage) + usage.outputTokens,
  }
  return chunkOf(place, before, ended, attempts)
}

/** One that ended without an answer: interrupted, with what had arrived, or failed. */
export function unansweredChunk(
  place: TurnPlace,
  before: ContentBlock[],
  ended: { status: 'interrupted'; partial: string } | { status: 'error'; error: ItemResult['error'] },
  attempts: Attempt[],
): Chunk {
  const { lost } = spentBy(place.run, attempts)
  const how =
    ended.status === 'error'
      ? { status: ended.status, ...(ended.error && { error: ended.error }) }
      : { status: ended.status, ...(ended.partial !== '' && { partial: ended.partial }) }
  const contextTokens = ended.status === 'error' ? 0 : lastContext(place.run, attempts)
  return chunkOf(place, before, { ...how, warnings: lostWarning(lost), length: place.length, contextTokens }, attempts)
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

export async function outcomeOf(
  { store }: CallDeps,
  { root, run, inlineBytes }: TurnPlace,
  head: Ref,
  chunk: Chunk,
  attempts: Attempt[],
): Promise<TurnOutcome> {
  const { lost: _, ...spent } = spentBy(run, attempts)
  const { status, error, length, contextTokens, warnings } = chunk
  const text = chunkText(chunk)
  return {
    status,
    head,
    ...(text !== undefined && { text: await keepText(store, root, text, inlineBytes) }),
    ...(error && { error }),
    length,
    contextTokens,
    ...spent,
    warnings,
  }
}
