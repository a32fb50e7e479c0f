// The prompt cache as the API runs it: an entry is the exact prefix up to a breakpoint, can be read only once the
// response that creates it has begun, lives 5 minutes or an hour from its last use, and is found from a later breakpoint
// by looking at most 20 blocks back. What is below the model's minimum is silently not cached.

import { createHash } from 'node:crypto'
import type { Model } from '../agents/models.js'
import { type PromptBlock, type Ttl, totalTokens } from './prompt-blocks.js'

const LOOK_BACK = 20
const LIFETIME: Record<Ttl, number> = { '5m': 5 * 60_000, '1h': 60 * 60_000 }
/** Expired entries are swept when this many have been written since the last sweep. */
const SWEEP_EVERY = 1000

export type InputUsage = {
  /** Neither read from the cache nor written to it. */
  input_tokens: number
  cache_read_input_tokens: number
  cache_creation_input_tokens: number
  cache_creation: { ephemeral_5m_input_tokens: number; ephemeral_1h_input_tokens: number }
}

export type Lookup = {
  usage: InputUsage
  /** Call when the first byte of the answer is sent: from then on others can read what this request wrote. */
  begin(): void
}

type Entry = { ttl: Ttl; expires: number }
type Place = { key: string; tokens: number; breakpoint?: Ttl }

export class PromptCache {
  private readonly entries = new Map<string, Entry>()
  private written = 0

  constructor(private readonly now: () => number) {}

  lookup(model: Model, blocks: PromptBlock[]): Lookup {
    const total = totalTokens(blocks)
    if (!blocks.some((block) => block.breakpoint)) return { usage: usageOf(total, 0, []), begin: () => {} }
    const places = prefixes(model, blocks)
    const hit = this.longestHit(places)
    const writes = places.filter(
      (place, index) => place.breakpoint !== undefined && index > hit && place.tokens >= model.minCacheTokens,
    )
    const usage = usageOf(total, places[hit]?.tokens ?? 0, writes)
    return { usage, begin: () => this.write(writes) }
  }

  /** Index of the longest cached prefix reachable from a breakpoint, or -1. Using it refreshes what it is made of. */
  private longestHit(places: Place[]): number {
    for (let at = places.length - 1; at >= 0; at--) {
      if (places[at]?.breakpoint === undefined) continue
      for (let index = at; index > at - LOOK_BACK && index >= 0; index--) {
        if (!this.alive(places[index])) continue
        for (const place of places.slice(0, index + 1)) this.refresh(place)
        return index
      }
    }
    return -1
  }

  private alive(place: Place | undefined): boolean {
    const entry = place && this.entries.get(place.key)
    return entry !== undefined && entry.expires > this.now()
  }

  private refresh(place: Place): void {
    const entry = this.entries.get(place.key)
    if (entry && entry.expires > this.now()) entry.expires = this.now() + LIFETIME[entry.ttl]
  }

  private write(places: Place[]): void {
    for (const { key, breakpoint: ttl } of places) {
      if (ttl) this.entries.set(key, { ttl, expires: this.now() + LIFETIME[ttl] })
    }
    this.written += places.length
    if (this.written < SWEEP_EVERY) return
    this.written = 0
    for (const [key, entry] of this.entries) if (entry.expires <= this.now()) this.entries.delete(key)
  }
}

/** Every prefix up to the last breakpoint, with its tokens; its key is a hash chained over the blocks. */
function prefixes(model: Model, blocks: PromptBlock[]): Place[] {
  const last = blocks.findLastIndex((block) => block.breakpoint)
  let key = model.id
  let tokens = 0
  return blocks.slice(0, last + 1).map((block) => {
    key = createHash('sha1').update(key).update('\0').update(block.bytes).digest('base64')
    tokens += block.tokens
    return { key, tokens, ...(block.breakpoint && { breakpoint: block.breakpoint }) }
  })
}

function usageOf(total: number, read: number, writes: Place[]): InputUsage {
  let from = read
  const created: Record<Ttl, number> = { '5m': 0, '1h': 0 }
  for (const { tokens, breakpoint: ttl } of writes) {
    if (ttl) created[ttl] += tokens - from
    from = tokens
  }
  return {
    input_tokens: total - from,
    cache_read_input_tokens: read,
    cache_creation_input_tokens: created['5m'] + created['1h'],
    cache_creation: { ephemeral_5m_input_tokens: created['5m'], ephemeral_1h_input_tokens: created['1h'] },
  }
}
