// How items and runs end. A failed item is a result, not an exception: its siblings keep theirs, and a run in which one
// failed is never plainly "completed".

import type { AuditHead } from './audit.js'
import type { Fix, WorkspaceChanges } from './fix.js'
import type { BudgetState } from './messages.js'
import type { Text } from './refs.js'
import type { Usage, Usd } from './usage.js'

/** How an item ended; `skipped`: it was never asked. */
export type ItemStatus = 'ok' | 'error' | 'interrupted' | 'skipped'

/** One item of a result, in input order. `usage` and `usd` count every attempt this run paid for. */
export type ItemResult = {
  id: string
  status: ItemStatus
  /** The answer (status ok). */
  text?: Text
  /** The answer parsed, when the item asked for structured output; a ref to its JSON when it is large. */
  output?: unknown
  /** What had arrived when it was interrupted. */
  partial?: Text
  error?: { type: string; message: string; statusCode?: number }
  usage: Usage
  usd: Usd
  /** Requests made for it by this run; 0 when an earlier run's answer was used. */
  attempts: number
  warnings: string[]
}

/** How a run ended; `planned` is a dry run. */
export type RunStatus = 'completed' | 'partial' | 'interrupted' | 'rejected' | 'failed' | 'planned'

/** The result every workflow has at least. `savedUsd`: what the prompt cache saved (negative: lost). */
export type RunResult = {
  status: RunStatus
  usage: Usage
  usd: Usd
  savedUsd: Usd
  items: ItemResult[]
  /** Where it had one: the cap, raises included, and what of it was spent. */
  budget?: BudgetState
}

/** Of a finding, worst first. */
export type Severity = 'critical' | 'high' | 'medium' | 'low'

/** `verified`: the file and the line exist among what was reviewed. */
export type Finding = {
  expert: string
  file: string
  line: number
  severity: Severity
  title: string
  detail: string
  verified: boolean
}

/** `plan`: of a dry run. */
export type ParallelResult = RunResult & { plan?: PlannedResult }
/** `plan`: of a dry run; `report`: Markdown. */
export type ReviewResult = RunResult & {
  plan?: PlannedResult
  report?: Text
  findings?: Finding[]
  /** Where findings were to be worked off: what became of each that was offered. */
  fixes?: Fix[]
  changes?: WorkspaceChanges
  /** What people decided about them, beside the agent's own. */
  audit?: AuditHead
}

/** What a dry run gives back: the plan a real run would ask approval for. */
export type PlannedResult = {
  title: string
  server: ModelServer
  digest: string
  price: Price
  warnings: string[]
  items: { id: string; model: string }[]
}

/** Where answers come from: the real API, or the simulator. */
export type ModelServer = 'live' | 'simulated'

/** Expected and worst price. `worstUsd`: every answer as long as allowed and no cache hit; a retry can add to it. */
export type Price = {
  expectedUsd: Usd
  worstUsd: Usd
  /** Prompt tokens of all items together, shared parts counted for each. */
  inputTokens: number
  /** Output tokens the expectation assumes. */
  outputTokens: number
  /** How the numbers came about, for people. */
  basis: string
}
