// What a turn came to, whole: short answers come with the query, long ones and those of long ago from the store. An
// interruption is a result, because the person wanted it; a turn without an answer throws, because the caller did not.

import type { Chunk, ContentBlock, TurnStatus } from '../../contracts/conversation.js'
import { isTextRef } from '../../contracts/refs.js'
import type { Usage, Usd } from '../../contracts/usage.js'
import { InvalidInputError, NotStoredError, TurnFailedError } from '../errors.js'
import type { Server } from '../server.js'
import type { EndedTurn } from './answers.js'
import { readChunk, storedText, turnAt } from './chain.js'

/** What came of a message. */
export type Reply = {
  turn: number
  /** `interrupted`: somebody stopped it; `text` is what had arrived, maybe nothing. */
  status: 'ok' | 'interrupted'
  text: string
  /** The blocks as the model sent them; absent where this machine's store does not have them. */
  content?: ContentBlock[]
  usage: Usage
  usd: Usd
  warnings: string[]
}

type Whole = {
  status: TurnStatus
  text: string
  content?: ContentBlock[]
  error?: Chunk['error']
  usage: Usage
  usd: Usd
  warnings: string[]
}

/** Throws TurnFailedError, and NotStoredError for a text that only another machine has. */
export async function replyOf(server: Server, thread: string, turn: number, ended: EndedTurn): Promise<Reply> {
  const { status, text, content, error, usage, usd, warnings } = await wholeTurn(server, thread, turn, ended)
  if (status === 'error') {
    const unknown = { type: 'Unknown', message: 'no reason was kept' }
    throw new TurnFailedError(error ?? unknown, { thread, turn, usage, usd, warnings })
  }
  return { turn, status, text, ...(content && { content }), usage, usd, warnings }
}

async function wholeTurn({ store }: Server, thread: string, turn: number, ended: EndedTurn): Promise<Whole> {
  if (ended.status === 'stored') {
    const found = await turnAt(store, thread, ended.head, turn)
    if (!found) throw new InvalidInputError(`thread "${thread}": turn ${turn} was before it was cleared`)
    return { ...found.turn, text: found.turn.text ?? '' }
  }
  const chunk = ended.chunk === undefined ? undefined : await ifStored(readChunk(store, thread, ended.chunk))
  const { chunk: _ref, text = '', ...facts } = ended
  const whole = isTextRef(text) ? await storedText(store, thread, text.ref) : text
  return { ...facts, text: whole, ...(chunk && { content: contentOf(chunk) }) }
}

function contentOf({ answer, partial }: Chunk): ContentBlock[] {
  return answer ?? (partial === undefined ? [] : [{ type: 'text', text: partial }])
}

/** undefined where this machine's store does not have it. */
async function ifStored<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof NotStoredError) return undefined
    throw error
  }
}
