// A conversation as it crosses to activities and back, and as people see it. Its history is a chain of stored chunks:
// what a turn adds is kept once and named by its hash, so the hundredth turn costs its own text and no more.
import type { AgentPlan, ToolCall, ToolResult } from './agent.js'
import type { AuditHead } from './audit.js'
import type { CallBudget } from './call.js'
import type { Approval, BudgetState, Refused } from './messages.js'
import type { ItemResult, ModelServer, RunStatus } from './outcome.js'
import type { Ref, Root, Text } from './refs.js'
import type { Usage, Usd } from './usage.js'

/** A content block of the Messages API, kept as it is. */
export type ContentBlock = { type: string; [field: string]: unknown }
/** What a message says: text, or blocks. */
export type Content = string | ContentBlock[]

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

export type TurnStatus = 'ok' | 'interrupted' | 'error'

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

/**
 * One stored link: what a turn added. Newer chunks name older ones, never the other way. Nothing is in it twice:
 * `chunkText` is its text, `chunkMessages` what the model is sent of it.
 */
export type Chunk = {
  turn: number
  prev?: Ref
  /** Turns in the chain that ends here, this one included. */
  chained: number
  status: TurnStatus
  /** The sender's message, as it was sent. */
  sent: { content: Content; id?: string }
  /** Put before it for the model: results of tools that nobody ran, word of an interruption. */
  before?: ContentBlock[]
  /** Model calls of a turn of an agent, from 1; absent: the first. Each is a chunk of its own. */
  step?: number
  /** From step 2 on: what became of every tool the step before asked for, in the model's order. */
  results?: ToolResult[]
  /** The turn went on after this: tools were asked for, or the answer was none. */
  goesOn?: true
  /** The answer, every block as the model sent it (status ok). */
  answer?: ContentBlock[]
  /** What had arrived of it when it was interrupted: its text, never unfinished thinking. */
  partial?: string
  model?: string
  stopReason?: string
  error?: ItemResult['error']
  usage: Usage
  usd: Usd
  warnings: string[]
  /** Answered turns since the thread began or was cleared, this one included. */
  length: number
  /** Tokens of the conversation after this turn, as the API counted them (0: unknown). */
  contextTokens: number
  /** The summary that stands for the oldest turns when the conversation is sent. */
  condensed?: Ref
  /** Of the engine `agent-sdk`: the session that holds the conversation up to here. */
  session?: string
}

/** Stands for all turns up to `turn` (up to its `step`) when the conversation is sent; the chunks stay. */
export type Condensed = { turn: number; step?: number; text: string; tokens: number }

/** How far a conversation has come: all a workflow carries of it. */
export type ConversationState = {
  /** The newest chunk; none in a new or cleared thread. */
  head?: Ref
  /** Turns in the chain that ends at `head`. */
  chained: number
  /** The next turn's number. */
  next: number
  length: number
  contextTokens: number
  condensed?: Ref
}

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

/** The text of a turn: its answer's, or what had arrived of it. Undefined where nothing had. */
export function chunkText({ answer, partial }: Pick<Chunk, 'answer' | 'partial'>): string | undefined {
  if (!answer) return partial
  return answer.flatMap((block) => (block.type === 'text' ? [String(block.text)] : [])).join('')
}

export type PrepareThreadRequest = { input: unknown; self: Root }

/** One model call of a turn. */
export type TurnRequest = {
  root: Root
  /** First run id of the execution that pays. */
  run: string
  step: string
  label: string
  server: ModelServer
  settings: Ref
  turn: number
  head?: Ref
  chained: number
  condensed?: Ref
  /** Before this turn. */
  length: number
  message: Content
  id?: string
  cacheHistory: boolean
  /** The stored agent; its tools go with the request and what it asks for is judged. */
  agent?: Ref
  /** From 2 on: what the tools of the step before gave takes the place of the message, which is what people said since. */
  stepNumber?: number
  results?: ToolResult[]
  /** Of a hook: told to the model before the message. */
  context?: string
  /** `activity`: tool calls are judged by one of their own, not with the answer. */
  judging?: AgentPlan['judging']
  /** Publish the text while it arrives. */
  stream?: { of: string; ifOpen: true }
  budget?: CallBudget
  inlineBytes: number
  timeoutSeconds: number
  maxRetries: number
  maxWaitSeconds: number
}

export type TurnOutcome = {
  status: TurnStatus
  /** The chunk this turn was kept in. */
  head: Ref
  text?: Text
  /** Tools the model wants to use, in its order: the turn goes on with their results. Judged, unless an activity does. */
  calls?: ToolCall[]
  /** The turn is not over: tools are to run, or the model is to be asked again. */
  goesOn?: true
  /** The last answer of an agent whose answers have a schema; one that is larger than `inlineBytes` is a TextRef. */
  output?: unknown
  stopReason?: string
  error?: ItemResult['error']
  length: number
  contextTokens: number
  usage: Usage
  usd: Usd
  savedUsd: Usd
  attempts: number
  warnings: string[]
}

/**
 * Keeps a turn that ended without its call coming back: a failure, or an interruption of one that was waiting. What it
 * cost, and what had arrived, is in the journal.
 */
export type KeepTurnRequest = Omit<
  TurnRequest,
  'label' | 'server' | 'cacheHistory' | 'stream' | 'timeoutSeconds' | 'maxRetries' | 'maxWaitSeconds' | 'judging'
> & { status: 'interrupted' | 'error'; error?: ItemResult['error'] }

/** Asks for a summary of the oldest turns: all but the newest that fit a quarter of the context. */
export type CondenseRequest = Omit<
  TurnRequest,
  'message' | 'id' | 'length' | 'chained' | 'cacheHistory' | 'stream' | 'results' | 'context' | 'judging'
>
/** `condensed` is absent where there is nothing to condense: the last turn alone is too large. */
export type CondenseOutcome = {
  condensed?: Ref
  contextTokens: number
  usage: Usage
  usd: Usd
  savedUsd: Usd
  attempts: number
}

/** Query `messages`: the newest turns with their texts; older ones are in the chain that ends at `older`. */
export type ThreadMessages = { turns: ThreadTurn[]; older?: { head: Ref; turns: number } }
export type ThreadTurn = {
  turn: number
  status: TurnStatus | 'running' | 'waiting'
  sent: Content | { bytes: number }
  text?: Text
  chunk?: Ref
}

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
