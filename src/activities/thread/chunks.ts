// A conversation out of the chain of its chunks: from the newest back to its beginning, or to the summary that stands
// for what came before. What this worker stored or read lately it still knows, so a turn reads no more than is new.

import type { Chunk, Condensed } from '../../contracts/conversation.js'
import type { Ref, Root } from '../../contracts/refs.js'
import type { CallDeps } from '../call/deps.js'
import { type Contents, readContents } from './results.js'

/**
 * `chunks`: oldest first; those that `condensed` stands for are left out. `contents`: what the tools in them gave.
 */
export type Conversation = { chunks: Chunk[]; condensed?: Condensed; contents: Contents }

export async function conversationAt(
  deps: Pick<CallDeps, 'requests' | 'store'>,
  { head, condensed: summary }: { head?: Ref; condensed?: Ref },
): Promise<Conversation> {
  const { requests } = deps
  const condensed = summary === undefined ? undefined : await requests.json<Condensed>(summary)
  const chunks: Chunk[] = []
  for (let ref = head; ref !== undefined; ) {
    const chunk: Chunk = await requests.json<Chunk>(ref)
    if (condensed && standsFor(condensed, chunk)) break
    chunks.push(chunk)
    ref = chunk.prev
  }
  chunks.reverse()
  const contents = await readContents(
    deps,
    chunks.flatMap(({ results = [] }) => results),
  )
  return { chunks, contents, ...(condensed && { condensed }) }
}

function standsFor({ turn, step = Number.POSITIVE_INFINITY }: Condensed, chunk: Chunk): boolean {
  return chunk.turn === turn && (chunk.step ?? 1) <= step
}

export async function putChunk({ store, requests }: CallDeps, root: Root, chunk: Chunk): Promise<Ref> {
  const json = JSON.stringify(chunk)
  const ref = await store.put(root, json)
  requests.remember(ref, chunk, json.length)
  return ref
}
