// One model call of a conversation, as it crosses to its activity and back.
import type { AgentPlan, ToolCall, ToolResult } from './agent.js'
import type { CallBudget } from './call.js'
import type { Content, TurnStatus } from './conversation.js'
import type { ItemResult, ModelServer } from './outcome.js'
import type { Ref, Root, Text } from './refs.js'
import type { Usage, Usd } from './usage.js'

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
