// Older turns are stored chunks, each naming the one before it: read from the newest backwards, from this machine's store.

import { type Chunk, type ContentBlock, chunkText } from '../../contracts/conversation.js'
import type { Ref } from '../../contracts/refs.js'
import { addUsage, addUsd } from '../../contracts/usage.js'
import { StorageError, type Store } from '../../storage/store.js'
import { NotStoredError } from '../errors.js'

/** Throws NotStoredError where this machine's store does not have it, StorageError where it is damaged. */
export async function readChunk(store: Store, thread: string, ref: Ref): Promise<Chunk> {
  return JSON.parse(await storedText(store, thread, ref)) as Chunk
}

/** As readChunk, for a text. */
export async function storedText(store: Store, thread: string, ref: Ref): Promise<string> {
  try {
    return await store.text(ref)
  } catch (error) {
    // A store that is not there at all is unreachable, not empty: to a reader both mean "not on this machine".
    if (!(error instanceof StorageError) || error.kind === 'damaged') throw error
    throw new NotStoredError(
      ref,
      `thread "${thread}" keeps ${ref}, which this machine's store does not have: wanted the store of its workers`,
    )
  }
}

/** Newest first, with the name of each. */
async function* chain(store: Store, thread: string, head: Ref): AsyncGenerator<{ ref: Ref; chunk: Chunk }> {
  for (let ref: Ref | undefined = head; ref !== undefined; ) {
    const chunk: Chunk = await readChunk(store, thread, ref)
    yield { ref, chunk }
    ref = chunk.prev
  }
}

/** One turn: of an agent, all its model calls as one. `ref`: of the newest. */
export type Link = { ref: Ref; turn: WholeTurn }
export type WholeTurn = Pick<Chunk, 'turn' | 'status' | 'sent' | 'error' | 'usage' | 'usd' | 'warnings'> & {
  /** Its last words; absent where it had none. */
  text?: string
  /** The last answer's blocks. */
  content?: ContentBlock[]
  /** Model calls, and the tools they asked for. */
  steps: number
  tools: string[]
}

/** As chain, turn by turn. */
export async function* turnsOf(store: Store, thread: string, head: Ref): AsyncGenerator<Link> {
  let link: Link | undefined
  for await (const { ref, chunk } of chain(store, thread, head)) {
    if (link && link.turn.turn === chunk.turn) {
      link.turn = withEarlier(link.turn, chunk)
      continue
    }
    if (link) yield link
    link = { ref, turn: wholeTurn(chunk) }
  }
  if (link) yield link
}

function wholeTurn(chunk: Chunk): WholeTurn {
  const { turn, status, sent, error, usage, usd, warnings, answer, partial } = chunk
  const text = chunkText(chunk)
  const content = answer ?? (partial === undefined ? undefined : [{ type: 'text', text: partial }])
  return {
    ...{ turn, status, sent, usage, usd, warnings, steps: 1, tools: toolsIn(answer) },
    ...(error && { error }),
    ...(text !== undefined && { text }),
    ...(content && { content }),
  }
}

/** @param chunk an earlier step of the same turn. */
function withEarlier(turn: WholeTurn, chunk: Chunk): WholeTurn {
  const text = turn.text || chunkText(chunk)
  return {
    ...turn,
    ...(text !== undefined && { text }),
    sent: chunk.sent,
    usage: addUsage(turn.usage, chunk.usage),
    usd: addUsd(turn.usd, chunk.usd),
    warnings: [...chunk.warnings, ...turn.warnings],
    steps: turn.steps + 1,
    tools: [...toolsIn(chunk.answer), ...turn.tools],
  }
}

function toolsIn(answer: ContentBlock[] = []): string[] {
  return answer.flatMap((block) => (block.type === 'tool_use' ? [String(block.name)] : []))
}

/**
 * undefined: not in the chain, which begins anew when a thread is cleared. Looked for to its end: a message that steered
 * was answered before earlier ones.
 */
export async function turnAt(store: Store, thread: string, head: Ref, turn: number): Promise<Link | undefined> {
  for await (const link of turnsOf(store, thread, head)) {
    if (link.turn.turn === turn) return link
  }
  return undefined
}
