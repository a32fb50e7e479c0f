// What `prepare` hands to a workflow: everything decided, priced and stored; refs and facts, never bulk.
import type { AccountPlan } from './account.js'
import type { CodeFacts } from './code.js'
import type { Delegation } from './delegate.js'
import type { FixPlan } from './fix.js'
import type { HookEvent } from './hooks.js'
import type { ModelServer, Price } from './outcome.js'
import type { Ref, Root } from './refs.js'
import type { Confirm } from './schemas/index.js'
import type { Usd } from './usage.js'

/** A part several calls share: the stored blocks and how the cache is used for them. */
export type SharedPart = {
  ref: Ref
  bytes: number
  tokens: number
  /** Models that get a cache breakpoint after it; the first call of each goes ahead of its siblings. */
  cachedFor: string[]
  /** Where it goes: at the head of the first message; absent: before the call's own system text. */
  place?: 'message'
}

/** One call of the plan. Its request is entry `index` of page `page`. */
export type PlannedItem = {
  id: string
  model: string
  page: number
  index: number
  /** Which shared part precedes its own system text. */
  shared?: number
  /** Seconds one request may take; absent: 300. */
  timeoutSeconds?: number
  /** The most it may cost, null: unknown. Only where there is a budget. */
  worstUsd?: Usd
}

export type Plan = {
  title: string
  server: ModelServer
  root: Root
  items: PlannedItem[]
  /** Requests are stored in pages, so that thousands of items stay a few refs. */
  pages: Ref[]
  shared: SharedPart[]
  price: Price
  warnings: string[]
  /** Binds an answer to exactly this plan: hash of its requests, prices and model server. */
  digest: string
  confirm: Confirm
  concurrency: number
  /** Texts longer than this become refs. */
  inlineBytes: number
  maxRetries: number
  maxWaitSeconds: number
  dryRun: boolean
  /** Dollars: the most the run may cost without asking. */
  budgetUsd?: number
  /** Publish texts while they arrive; absent in plans made before there were streams. */
  stream?: boolean
  /** In a rerun: the items to ask anew whatever the journal holds. */
  fresh?: string[]
  /** In a rerun of named items: those without an answer that were not named. */
  skip?: string[]
  /** Of a review or documents: what the steps after the fan-out check answers against, stored. */
  files?: Ref
  /** Of a review whose findings are to be worked off. */
  fix?: FixPlan
  /** Ids of calls that follow from the answers; absent in a review, whose only one is `summary`. */
  later?: string[]
  /** Id of the run whose stream they go to; absent: this one's own. */
  streamOf?: string
  /** What people should see of it besides title and price, a line each. */
  outline?: string[]
  /** What this worker's own hooks listen to; absent: nothing. */
  hooks?: HookEvent[]
  /** Of a `delegate` run or part. */
  delegation?: Delegation
  account?: AccountPlan
  code?: CodeFacts
}

export type PrepareRequest = {
  /** `calls`: of people's own workflow code. */
  workflow: 'parallel' | 'review' | 'documents' | 'delegate' | 'account' | 'code' | 'calls'
  /** As the caller wrote it; `prepare` checks it. */
  input: unknown
  /** This execution's own ids. */
  self: Root
}

/** Names the run whose plan and paid answers a rerun uses. */
export type RerunOf = {
  root: Root
  run: string
  items?: string[]
  fresh?: boolean
  confirm?: Confirm
  /** Instead of the run's, for the rerun alone. */
  budgetUsd?: number
  /** Of a coding run: what its named agents are to change. */
  note?: string
  /** Publish the texts of this rerun while they arrive. */
  stream?: boolean
}
