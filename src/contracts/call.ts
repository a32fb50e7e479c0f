// One model call as it crosses to an activity and back.
import type { ModelServer } from './outcome.js'
import type { Ref, Root, Text } from './refs.js'
import type { Usage, Usd } from './usage.js'

export type CallRequest = {
  root: Root
  /** First run id of the run that pays. */
  run: string
  /** Names this call within the root; stable across attempts, reruns and continue-as-new. */
  step: string
  /** For logs and the audit of a person reading history: "security · sonnet-5-5". */
  label: string
  server: ModelServer
  /** Where the stored request is. */
  page: Ref
  index: number
  shared?: { ref: Ref; cached: boolean; place?: 'message' }
  /** The first of its cache group: signals the run once the cache can be read. */
  leader: boolean
  /** Accept only an answer this run paid for itself. */
  fresh: boolean
  /** Publish the text while it arrives, on the stream of this run. */
  stream?: { of: string; ifOpen?: true }
  budget?: CallBudget
  inlineBytes: number
  timeoutSeconds: number
  maxRetries: number
  maxWaitSeconds: number
}

/**
 * Of a run with a budget: dollars set aside for all attempts of the call, and the most one attempt may cost (null:
 * unknown). An attempt that might need more ends with `BudgetNeeded`.
 */
export type CallBudget = { reservedUsd: number; worstUsd: Usd }

/** What was spent on a call by this run, over all its attempts. */
export type Spent = { usage: Usage; usd: Usd; savedUsd: Usd; attempts: number }

export type CallOutcome =
  | (Spent & { kind: 'answered'; text: Text; output?: unknown; warnings: string[]; reused: boolean })
  | (Spent & { kind: 'interrupted'; partial?: Text; warnings: string[] })

/** First detail of a call's final failure. */
export type CallFailureDetails = Spent & {
  statusCode?: number
  requestId?: string
  warnings: string[]
  /** Of `BudgetNeeded`: dollars the attempts so far have cost, those of unknown cost at their worst. */
  paidUsd?: number
}

/** A running call's heartbeat: output tokens so far (estimated) and the last line (at most 200 characters). */
export type CallProgress = { item: string; tokens: number; lastLine: string }

/** The journal's name for the call of an item. */
export function stepOf(item: string): string {
  return `item:${item}`
}

export type SpentRequest = Pick<CallRequest, 'root' | 'step' | 'run'>
