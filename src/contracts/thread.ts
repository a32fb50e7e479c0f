// A conversation as people see it: what is sent to it, what it is, how it ends.
import type { AgentPlan } from './agent.js'
import type { AuditHead } from './audit.js'
import type { Content, ConversationState, TurnStatus } from './conversation.js'
import type { BudgetState } from './messages.js'
import type { ItemResult, ModelServer, RunStatus } from './outcome.js'
import type { Ref, Root, Text } from './refs.js'
import type { Usage, Usd } from './usage.js'

/**
 * UTF-8 bytes of JSON: one message, and all that wait together (with their ids, and some 120 bytes for each). A
 * continuation must fit a payload of 2 MiB.
 */
export const MAX_MESSAGE_BYTES = 512 * 1024
export const MAX_WAITING_BYTES = 1024 * 1024

/**
 * What a person or a program sends: text, or `content` blocks. `id`: the sender's own; a repeated message is one turn.
 * `cacheHistory`: mark the conversation so far for the prompt cache (default true).
 */
export type Message = { text?: string; content?: Content; id?: string; cacheHistory?: boolean }

/** The turn's number, from 1, counted over the whole thread. */
export type Sent = { turn: number }

/** How a turn ended, or that it has not. `text`: of an interrupted one, what had arrived. */
export type TurnAnswer =
  | { status: 'pending' }
  | {
      status: TurnStatus
      text?: Text
      /** The chunk that holds the whole of it: blocks as the model sent them. */
      chunk?: Ref
      error?: ItemResult['error']
      usage: Usage
      usd: Usd
      warnings: string[]
    }
  /** Ended before the thread last continued: its chunk is in the chain that ends at `head`. */
  | { status: 'stored'; head: Ref }

/** What `prepareThread` makes of a thread's input: checked, resolved, stored. */
export type ThreadPlan = {
  root: Root
  server: ModelServer
  /** The stored settings every call of the thread is made with (system, model, maxTokens, …). */
  settings: Ref
  /** As people see them: model resolved, head of the system text. */
  shown: ThreadSettings
  stream: boolean
  inlineBytes: number
  timeoutSeconds: number
  maxRetries: number
  maxWaitSeconds: number
  /** Context tokens from which the oldest turns are condensed before the next call. */
  condenseAbove: number
  /** It has tools: a turn is a loop of steps. */
  agent?: AgentPlan
  /** The most its calls may cost, in dollars. */
  budgetUsd?: number
  /** Worst price of a token; empty: unknown. Only with a budget. */
  rates?: Rate[]
  /** Of what every call of it begins with: system text and tools. Only with a budget. */
  fixedBytes?: number
  /** Where a fork begins. */
  state: ConversationState
  warnings: string[]
}

/** USD a token of prompt (the cache's dearest included) and of answer, in requests of at most `upTo` prompt tokens. */
export type Rate = { upTo?: number; input: number; output: number }

export type ThreadSettings = { model: string; maxTokens: number; temperature?: number; system?: string }

export type PrepareThreadRequest = { input: unknown; self: Root }

/** Query `messages`: the newest turns with their texts; older ones are in the chain that ends at `older`. */
export type ThreadMessages = { turns: ThreadTurn[]; older?: { head: Ref; turns: number } }

export type ThreadTurn = {
  turn: number
  status: TurnStatus | 'running' | 'waiting'
  sent: Content | { bytes: number }
  text?: Text
  chunk?: Ref
}

/** A thread's result once it is closed; `items` stays empty, `messages` has the turns. */
export type ThreadResult = {
  status: RunStatus
  usage: Usage
  usd: Usd
  savedUsd: Usd
  items: ItemResult[]
  turns: number
  /** The last answer. */
  answer?: Text
  /** The last answer of an agent whose answers have a schema; a large one is a TextRef. */
  output?: unknown
  head?: Ref
  /** Why its last turn failed, where it did. */
  error?: ItemResult['error']
  /** Entries of the audit, and the hash of the last one. */
  audit?: AuditHead
  /** Where there is one. */
  budget?: BudgetState
}
