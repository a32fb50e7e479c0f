// The whole conversation as people and programs read it: the newest turns from the thread, older ones along the chain in
// the store; of a closed thread all of them from the store, so that no worker is needed to read it.

import type { Chunk, Content } from '../../contracts/conversation.js'
import { length, messages } from '../../contracts/messages.js'
import { isTextRef, type Ref } from '../../contracts/refs.js'
import type { ThreadMessages, ThreadResult, ThreadTurn } from '../../contracts/thread.js'
import { InvalidInputError, NoResultError } from '../errors.js'
import { awaitResult } from '../result.js'
import type { Server } from '../server.js'
import { askQuery } from '../snapshot.js'
import { readChunk, storedText, turnAt, turnsOf, type WholeTurn } from './chain.js'
import { existingThread } from './opening.js'

/** `text`: the answer, as far as it came; absent where there is none (yet). */
export type Turn = {
  turn: number
  status: ThreadTurn['status']
  sent: Content
  text?: string
  error?: NonNullable<Chunk['error']>
  /** Of an agent, as far as this machine's store has the turn: model calls, and the names of the tools they asked for. */
  steps?: number
  tools?: string[]
}

/**
 * Oldest first. Throws RunNotFoundError, NoWorkerError (an open thread is asked), NotStoredError naming the ref of a turn
 * that only another machine's store has.
 */
export async function conversation(server: Server, id: string): Promise<Turn[]> {
  const { open } = await existingThread(server, id)
  const ended = open ? undefined : await resultIfAny(server, id)
  if (ended) return ended.head === undefined ? [] : fromChain(server, id, ended.head)
  const { turns, older } = await askQuery(server, id, messages)
  const newest = await Promise.all(turns.map((turn) => wholeTurn(server, id, turn)))
  return older ? [...(await fromChain(server, id, older.head)), ...newest] : newest
}

/** Answered turns since it began or was cleared; of a closed thread from its newest chunk. Throws as `conversation`. */
export async function lengthOf(server: Server, id: string): Promise<number> {
  const { open } = await existingThread(server, id)
  const result = open ? undefined : await resultIfAny(server, id)
  if (!result) return askQuery(server, id, length)
  return result.head === undefined ? 0 : (await readChunk(server.store, id, result.head)).length
}

/** The chunk a conversation ends with at `turn`, or at its newest ended turn. Throws InvalidInputError. */
export async function headAt(server: Server, id: string, turn: number | undefined): Promise<Ref> {
  const { open } = await existingThread(server, id)
  const result = open ? undefined : await resultIfAny(server, id)
  const listed = result ? { turns: [] } : await askQuery(server, id, messages)
  const found = result?.head === undefined ? newestIn(listed) : { ref: result.head, turn: undefined }
  if (!found) throw new InvalidInputError(`thread "${id}" has no ended turn yet`)
  if (turn === undefined || turn === found.turn) return found.ref
  const link = await turnAt(server.store, id, found.ref, turn)
  if (!link) throw new InvalidInputError(`turn: got ${turn}; wanted an ended turn of thread "${id}"`)
  return link.ref
}

function newestIn({ turns, older }: ThreadMessages): { ref: Ref; turn?: number } | undefined {
  const newest = turns.findLast(({ chunk }) => chunk !== undefined)
  if (newest?.chunk !== undefined) return { ref: newest.chunk, turn: newest.turn }
  return older && { ref: older.head }
}

async function fromChain(server: Server, id: string, head: Ref): Promise<Turn[]> {
  const turns: Turn[] = []
  for await (const { turn } of turnsOf(server.store, id, head)) turns.push(turnOf(turn))
  return turns.reverse()
}

function turnOf({ turn, status, sent, error, text, steps, tools }: WholeTurn): Turn {
  return {
    ...{ turn, status, sent: sent.content },
    ...(text !== undefined && { text }),
    ...(error && { error }),
    ...(steps > 1 && { steps }),
    ...(tools.length > 0 && { tools }),
  }
}

async function wholeTurn(
  { store }: Server,
  id: string,
  { turn, status, sent, text, chunk }: ThreadTurn,
): Promise<Turn> {
  const cut = !(typeof sent === 'string' || Array.isArray(sent))
  if (chunk !== undefined && (cut || isTextRef(text) || status === 'error')) {
    const link = await turnAt(store, id, chunk, turn)
    if (link) return turnOf(link.turn)
  }
  const whole = isTextRef(text) ? await storedText(store, id, text.ref) : text
  const content = cut ? `(${sent.bytes} bytes)` : sent
  return { turn, status, sent: content, ...(whole !== undefined && { text: whole }) }
}

/** A closed thread's; undefined when it was cancelled or terminated, and can only be asked. */
async function resultIfAny(server: Server, id: string): Promise<ThreadResult | undefined> {
  try {
    return (await awaitResult(server, id)) as ThreadResult
  } catch (error) {
    if (error instanceof NoResultError) return undefined
    throw error
  }
}
