// Older turns are stored chunks, each naming the one before it: read from the newest backwards, from this machine's store.
import type { Ref } from '../../contracts/refs.js'
import type { Chunk } from '../../contracts/thread.js'
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
export async function* chain(store: Store, thread: string, head: Ref): AsyncGenerator<{ ref: Ref; chunk: Chunk }> {
  for (let ref: Ref | undefined = head; ref !== undefined; ) {
    const chunk: Chunk = await readChunk(store, thread, ref)
    yield { ref, chunk }
    ref = chunk.prev
  }
}

/**
 * undefined: not in the chain, which begins anew when a thread is cleared. Looked for to its end: a message that steered
 * was answered before earlier ones.
 */
export async function chunkOf(
  store: Store,
  thread: string,
  head: Ref,
  turn: number,
): Promise<{ ref: Ref; chunk: Chunk } | undefined> {
  for await (const link of chain(store, thread, head)) {
    if (link.chunk.turn === turn) return link
  }
  return undefined
}
