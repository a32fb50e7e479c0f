// What a workflow's input means, before it is counted, priced and stored. Each workflow makes its own draft; all that
// follows is the same for every one of them.
import type { AccountPlan } from '../../contracts/account.js'
import type { CodeFacts } from '../../contracts/code.js'
import type { FixPlan } from '../../contracts/fix.js'
import type { Price } from '../../contracts/outcome.js'
import type { Confirm } from '../../contracts/schemas/index.js'
import type { Block, StoredCall } from '../call/request.js'
import type { Assignment } from '../delegate/assignment.js'
import type { Sizes } from '../delegate/price.js'
import type { Counts } from './count.js'

export type Draft = {
  title: string
  calls: DraftCall[]
  shared: DraftShared[]
  warnings: string[]
  settings: Settings
  /** Output tokens a call is expected to need. */
  expectedOutput: number
  /** Calls that follow from the answers (a review's summary): priced with the plan, made later; `id` names others. */
  later: { id?: string; model: string; inputTokens: number; maxTokens: number; expectedOutput: number }[]
  /** Texts a result may carry; default: one for each call, two with structured output. */
  texts?: number
  /** Of `delegate`: its calls follow from plans, so it has a price of its own. */
  delegation?: DraftDelegation
  /** Bytes the texts of all answers may take together inline; absent: what a result holds. */
  textBytes?: number
  /** Of `account`: its calls follow from what tools say, so it has a price of its own. */
  account?: AccountPlan
  /** Of `code`: its calls follow from the plan that the first of them makes. */
  code?: CodeFacts
  price?: (counts: Counts) => Price
  /** Of a review whose findings are to be worked off. */
  fix?: FixPlan
  /** Kept beside the plan for later steps, as JSON. */
  keep?: unknown
}

export type DraftDelegation = {
  task: string
  depth: number
  calls: number
  assignment: (counts: Counts, models: Pick<Sizes, 'model' | 'workerModel'>) => Assignment
  price: (sizes: Sizes) => Price
}

/** `tokens`: its own prompt's by estimate, where the length of its JSON does not tell (images, PDFs). */
export type DraftCall = { call: StoredCall; shared?: number; tokens?: number }

/** `cache`: `auto` when it pays, `wanted` warns when it does not, `off` never. `place`: as in the plan. */
export type DraftShared = {
  blocks: Block[]
  cache: 'auto' | 'wanted' | 'off'
  place?: 'message'
  /** By estimate, where the length of its JSON does not tell. */
  tokens?: number
}

export type Settings = {
  confirm: Confirm
  concurrency: number
  inlineBytes: number
  dryRun: boolean
  budgetUsd?: number
  stream: boolean
  timeoutSeconds?: number
  maxRetries: number
  maxWaitSeconds: number
}

export function toBlocks(text: string | Block[]): Block[] {
  return typeof text === 'string' ? [{ type: 'text', text }] : text
}
