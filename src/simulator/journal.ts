// What truly happened at the model server, for tests and benches that must not take the client's word: how many POSTs,
// how many of them cost something, how many at once, which were aborted, and what each prompt was asked.

import type { InputUsage } from './prompt-cache.js'

export type JournalUsage = InputUsage & { output_tokens: number; output_tokens_details: { thinking_tokens: number } }

/** `refused`: an error the request itself deserved, or a rate limit. `fault:<kind>`: one a rule asked for. */
export type JournalOutcome = 'pending' | 'answered' | 'aborted' | 'refused' | `fault:${string}`

export type JournalEntry = {
  requestId: string
  /** Milliseconds since 1970, as every time here. */
  at: number
  firstByteAt?: number
  endedAt?: number
  model: string
  promptHead: string
  systemHead: string
  status: number
  outcome: JournalOutcome
  /** The client closed the connection before the answer was complete; also while a fault was at work. */
  aborted?: boolean
  /** Seconds told to the client in `retry-after`. */
  retryAfter?: number
  /** Bytes of answer bodies sent; errors do not count. */
  bytes: number
  usage?: JournalUsage
}

export type PromptTally = { posts: number; billable: number; answered: number; aborted: number }

export type JournalSnapshot = {
  /** POSTs to /v1/messages, whatever came of them. */
  posts: number
  /** Those of which at least one body byte of an answer was sent. */
  billable: number
  answered: number
  inFlight: number
  maxInFlight: number
  aborted: number
  rateLimited: number
  faults: number
  countTokens: number
  /** By the first 100 characters of the prompt. */
  byPrompt: Record<string, PromptTally>
  /** The newest 20,000. */
  requests: JournalEntry[]
}

const KEPT = 20_000
const HEAD = 100

export class Journal {
  private totals = emptyTotals()
  private prompts = new Map<string, PromptTally>()
  private entries: JournalEntry[] = []
  private open = new Set<JournalEntry>()

  begin(requestId: string, at: number): JournalEntry {
    const entry: JournalEntry = {
      ...{ requestId, at, model: '', promptHead: '', systemHead: '', status: 0, outcome: 'pending', bytes: 0 },
    } as JournalEntry
    this.totals.posts++
    this.open.add(entry)
    this.totals.maxInFlight = Math.max(this.totals.maxInFlight, this.open.size)
    this.entries.push(entry)
    if (this.entries.length >= 2 * KEPT) this.entries = this.entries.slice(-KEPT)
    return entry
  }

  describe(entry: JournalEntry, about: { model: string; prompt: string; system: string }): void {
    entry.model = about.model
    entry.promptHead = headOf(about.prompt)
    entry.systemHead = headOf(about.system)
    if (this.open.has(entry)) this.tally(entry).posts++
  }

  wrote(entry: JournalEntry, bytes: number, at: number): void {
    if (entry.firstByteAt === undefined && bytes > 0) {
      entry.firstByteAt = at
      if (this.open.has(entry)) {
        this.totals.billable++
        this.tally(entry).billable++
      }
    }
    entry.bytes += bytes
  }

  end(entry: JournalEntry, result: { outcome: JournalOutcome; aborted?: boolean }, at: number): void {
    Object.assign(entry, result, { endedAt: at })
    if (!this.open.delete(entry)) return // begun before a reset
    if (entry.aborted) this.totals.aborted++
    if (entry.status === 429) this.totals.rateLimited++
    if (entry.outcome.startsWith('fault:')) this.totals.faults++
    if (entry.outcome === 'answered') this.totals.answered++
    const tally = this.prompts.get(entry.promptHead)
    if (tally && entry.aborted) tally.aborted++
    if (tally && entry.outcome === 'answered') tally.answered++
  }

  counted(): void {
    this.totals.countTokens++
  }

  snapshot(options: { requests: boolean } = { requests: true }): JournalSnapshot {
    return {
      ...this.totals,
      inFlight: this.open.size,
      byPrompt: Object.fromEntries(this.prompts),
      requests: options.requests ? this.entries.slice(-KEPT) : [],
    }
  }

  /** Forgets everything; a request in flight is no longer counted when it ends. */
  reset(): void {
    this.totals = emptyTotals()
    this.prompts = new Map()
    this.entries = []
    this.open = new Set()
  }

  private tally(entry: JournalEntry): PromptTally {
    const found = this.prompts.get(entry.promptHead) ?? { posts: 0, billable: 0, answered: 0, aborted: 0 }
    this.prompts.set(entry.promptHead, found)
    return found
  }
}

/** A copy: a slice would keep the whole prompt in memory for as long as the entry lives. */
const headOf = (text: string) => Buffer.from(text.slice(0, HEAD)).toString()

const emptyTotals = () => ({
  posts: 0,
  billable: 0,
  answered: 0,
  maxInFlight: 0,
  aborted: 0,
  rateLimited: 0,
  faults: 0,
  countTokens: 0,
})
