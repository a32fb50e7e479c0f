// A conversation out of the chain of its chunks: from the newest back to its beginning, or to the summary that stands
// for what came before. What this worker stored or read lately it still knows, so a turn reads no more than is new.
import type { Ref, Root } from '../../contracts/refs.js'
import type { Chunk, Condensed } from '../../contracts/thread.js'
import type { CallDeps } from '../call/deps.js'

/** `chunks`: oldest first; those that `condensed` stands for are left out. */
export type Conversation = { chunks: Chunk[]; condensed?: Condensed }

export async function conversationAt(
  { requests }: Pick<CallDeps, 'requests'>,
  { head, condensed: summary }: { head?: Ref; condensed?: Ref },
): Promise<Conversation> {
  const condensed = summary === undefined ? undefined : await requests.json<Condensed>(summary)
  const chunks: Chunk[] = []
  for (let ref = head; ref !== undefined; ) {
    const chunk: Chunk = await requests.json<Chunk>(ref)
    if (chunk.turn === condensed?.turn) break
    chunks.push(chunk)
    ref = chunk.prev
  }
  return { chunks: chunks.reverse(), ...(condensed && { condensed }) }
}

export async function putChunk({ store, requests }: CallDeps, root: Root, chunk: Chunk): Promise<Ref> {
  const json = JSON.stringify(chunk)
  const ref = await store.put(root, json)
  requests.remember(ref, chunk, json.length)
  return ref
}
