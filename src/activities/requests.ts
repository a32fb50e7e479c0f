// What is stored for requests, read once: fifty calls of a page parse it once, turn 400 of a thread reads one chunk and
// not 399. What is content-addressed never goes stale, so the cache needs no invalidation, only a bound.
import type { Ref } from '../contracts/refs.js'
import type { Store } from '../storage/store.js'
import type { Block, StoredCall } from './call/request.js'

/** Bytes of stored JSON kept parsed in a worker. */
const CACHE_BYTES = 64 * 1024 * 1024

export type Requests = {
  call(page: Ref, index: number): Promise<StoredCall>
  shared(ref: Ref): Promise<Block[]>
  /** Any stored JSON; shared, so never changed. */
  json<T>(ref: Ref): Promise<T>
  /** What was just stored need not be read again. `bytes`: of its JSON. */
  remember(ref: Ref, value: unknown, bytes: number): void
}

export function storedRequests(store: Store): Requests {
  const parsed = new Map<Ref, { value: Promise<unknown>; bytes: number }>()
  let kept = 0
  async function parse(ref: Ref): Promise<unknown> {
    const bytes = await store.get(ref)
    const entry = parsed.get(ref)
    if (entry) {
      entry.bytes = bytes.byteLength
      kept += entry.bytes
    }
    evict()
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  }
  function evict() {
    for (const [ref, entry] of parsed) {
      if (kept <= CACHE_BYTES || parsed.size === 1) return
      parsed.delete(ref)
      kept -= entry.bytes
    }
  }
  function read(ref: Ref): Promise<unknown> {
    const known = parsed.get(ref)
    if (known) {
      parsed.delete(ref)
      parsed.set(ref, known)
      return known.value
    }
    const value = parse(ref)
    parsed.set(ref, { value, bytes: 0 })
    // A failed read is not remembered: storage may be back at the next attempt.
    value.catch(() => parsed.delete(ref))
    return value
  }
  return {
    async call(page, index) {
      const calls = (await read(page)) as StoredCall[]
      const call = calls[index]
      if (!call) throw new Error(`page ${page} has ${calls.length} requests, wanted number ${index}`)
      return call
    },
    shared: async (ref) => (await read(ref)) as Block[],
    json: async <T>(ref: Ref) => (await read(ref)) as T,
    remember(ref, value, bytes) {
      if (parsed.has(ref)) return
      parsed.set(ref, { value: Promise.resolve(value), bytes })
      kept += bytes
      evict()
    },
  }
}
