// What a thread carries across continue-as-new, so that nobody notices: what waits, what is running, what people may ask.
import type { ToolResult } from './agent.js'
import type { AuditHead } from './audit.js'
import type { Content, ConversationState, TurnStatus } from './conversation.js'
import type { Approval, BudgetState, Refused } from './messages.js'
import type { ItemResult } from './outcome.js'
import type { Ref, Text } from './refs.js'
import type { ThreadPlan } from './thread.js'
import type { Usage, Usd } from './usage.js'

/** What a thread carries across continue-as-new. */
export type ContinuedThread = {
  plan: ThreadPlan
  state: ConversationState
  /** Messages that wait, in order; `clear` is one of them. */
  queue: Waiting[]
  /** Sender's id → turn, the newest 2,000. */
  seen: [string, number][]
  usage: Usage
  usd: Usd
  savedUsd: Usd
  /** Turns that ended ok, interrupted, with an error: for the result. */
  counts: Record<TurnStatus, number>
  closing: boolean
  paused: boolean
  /** The thread ends with this first message. */
  task: boolean
  /** The last answer. */
  answer?: Text
  /** The newest ended turns, as far as their texts are short. */
  ended: EndedTurn[]
  /** Where older ones are kept: the newest of them. */
  links: TurnLink[]
  /** Conversations before a `clear`: turns up to `turn` are in the chain that ends at `head`. */
  cleared: { turn: number; head: Ref }[]
  refused: Refused[]
  refusedCount: number
  /** Senders' ids of other messages that were applied. */
  applied: string[]
  /** An agent in the middle of a turn. */
  midTurn?: MidTurn
  /** Entries the audit has so far. */
  audit?: AuditHead
  budget?: BudgetState
  /** The newest that were answered: what became of a question that is answered again. */
  approvals?: Approval[]
  /** The last answer of an agent whose answers have a schema. */
  output?: unknown
}

/** Between two steps of a turn: what the next one is asked with, and what the turn came to so far. */
export type MidTurn = {
  message: WaitingMessage
  /** The next step's number. */
  step: number
  results: ToolResult[]
  /** The last words so far. */
  text?: Text
  usage: Usage
  usd: Usd
  savedUsd: Usd
  attempts: number
  warnings: string[]
  /** The end of the chain before the turn. */
  prev?: Ref
  /** A person stopped it as it was about to continue. */
  interrupted: boolean
}

export type Waiting = WaitingMessage | { kind: 'clear' }

export type WaitingMessage = {
  kind: 'message'
  turn: number
  content: Content
  /** UTF-8 bytes of it as JSON. */
  bytes: number
  id?: string
  cacheHistory: boolean
  /** Goes before what waits. */
  steers?: true
  /** Only asked when the task was answered. */
  verifies?: true
}

/** A turn's chunk; the empty string for a message that was taken out before it was asked. */
export type TurnLink = [turn: number, chunk: Ref | '']

/** One of the newest ended turns, as the workflow remembers it. */
export type EndedTurn = {
  turn: number
  status: TurnStatus
  chunk?: Ref
  /** The end of the chain before it. */
  prev?: Ref
  sent: Content
  text?: Text
  error?: ItemResult['error']
  usage: Usage
  usd: Usd
  attempts: number
  warnings: string[]
  /** Before the last `clear`: no part of the conversation any more. */
  cleared?: true
}
