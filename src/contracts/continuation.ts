// What a run carries across continue-as-new: facts and refs. Its input stays behind, the plan says it all.
import type { Approval, BudgetState, Refused } from './messages.js'
import type { ItemResult } from './outcome.js'
import type { Plan } from './plan.js'
import type { Ref, Root } from './refs.js'
import type { Usage, Usd } from './usage.js'

export type Totals = { usage: Usage; usd: Usd; savedUsd: Usd }

/** An ended item, as short as the status needs it. */
export type EndedItem = Pick<ItemResult, 'id' | 'status' | 'usd' | 'attempts'> & { outputTokens: number }

export type Continued = {
  plan: Plan
  /** Ended items in the order they ended; `outcomes` are their stored results. */
  ended: EndedItem[]
  outcomes: Ref[]
  totals: Totals
  approvals: Approval[]
  budget?: BudgetState
  refused: Refused[]
  refusedCount: number
  /** Senders' ids of messages that were applied. */
  seen: string[]
  paused: boolean
  /** A person stopped the run as it was about to continue. */
  stopped: boolean
  /** Items a person stopped before they started. */
  interrupted: string[]
  /** Cache groups whose siblings need not wait any more. */
  released: string[]
}

export type KeepOutcomes = { root: Root; outcomes: ItemResult[] }
