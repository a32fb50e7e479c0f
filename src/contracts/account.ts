// An account review as it crosses to activities and back to people.
import type { ToolCall } from './agent.js'
import type { AuditHead } from './audit.js'
import type { ItemStatus, ModelServer, PlannedResult, RunResult } from './outcome.js'
import type { Plan } from './plan.js'
import type { Ref, Root, Text } from './refs.js'
import type { CrmSummary, HistoricalInsights, Recommendations } from './schemas/account.js'
import type { ThreadInput } from './schemas/index.js'

export type { CrmSummary, HistoricalInsights } from './schemas/account.js'

/** Its agents, and the items of its result. */
export const ACCOUNT_AGENTS = ['scout', 'memory', 'author'] as const
export type AccountAgent = (typeof ACCOUNT_AGENTS)[number]

/** Of row 25's tools, as they gave it. */
export type Health = {
  overall_score: number
  health_status: 'healthy' | 'at_risk'
  components: { engagement: number; financial: number; satisfaction: number }
}
export type Risk = { type: string; severity: string; message: string }

export type Recommendation = { id: string } & Recommendations['recommendations'][number]

/** A write that waits, or waited, for a person. `id`: of the recommendation it carries out. */
export type PendingWrite = {
  id: string
  tool: string
  arguments: Record<string, unknown>
  /** `skipped`: a person did not approve it. `unknown`: it may have happened. */
  status: 'pending' | 'done' | 'skipped' | 'failed' | 'unknown'
  /** What the tool said, or why it was not done. */
  note?: string
}

/** An agent whose work is not in the result, and why. */
export type Missing = { agent: AccountAgent; status: ItemStatus; why: string }

export type AccountReview = {
  account_id: string
  /** ISO. */
  timestamp: string
  crm_summary: CrmSummary | null
  historical_insights: HistoricalInsights | null
  recommendations: Recommendation[]
  health: Health | null
  risks: Risk[]
  requires_approval: PendingWrite[]
  missing: Missing[]
}

/** `plan`: of a dry run; `report`: Markdown; `audit`: what people decided and what was written, beside its agents' own. */
export type AccountResult = RunResult & {
  plan?: PlannedResult
  report?: Text
  audit?: AuditHead
} & Partial<AccountReview>

/** Of an `account` run, beside its plan. `agents`: what each one's thread is started with, but for the author's task. */
export type AccountPlan = {
  account: string
  /** Names of the servers. */
  crm: string
  memory: string
  agents: Record<AccountAgent, ThreadInput>
  /** Whose permissions approved writes are run with. */
  writer: ThreadInput
  /** Whether an audit is kept. */
  audit?: boolean
}

/** A plan of an account review. */
export type AccountReviewPlan = Plan & { account: AccountPlan }

/** Checks what an agent handed over. `head`: the end of its thread's chain, where its tools' answers are. */
export type CheckAgentRequest = { root: Root; account: string; agent: AccountAgent; answer: Text; head?: Ref }
/** `kept`: what it handed over, checked and stored. `refused`: why it cannot be used. */
export type CheckedAgent = { kept: Ref } | { refused: string }

/** `again`: why the author's earlier answer was not used. */
export type BriefAuthorRequest = {
  root: Root
  account: string
  scout?: Ref
  memory?: Ref
  missing: Missing[]
  again?: string
}

export type GatherAccountRequest = {
  root: Root
  /** First run id of the execution. */
  run: string
  account: string
  crm: string
  /** ISO. */
  at: string
  kept: Partial<Record<AccountAgent, Ref>>
  missing: Missing[]
  /** What the writes are judged by. */
  writer: ThreadInput
}

/** A write that a person may approve. `arguments`: as they are shown. */
export type JudgedWrite = { id: string; call: ToolCall; arguments: string }

/** The journal's name for what is carried out of recommendations. */
export const WRITE_STEP = 'write'
/** Of a result's items. */
export const writeItem = (id: string) => `write ${id}`

/** `review`: stored. `unfit`: writes that the tool layer refuses, and why. `chunk`: holds the arguments of the writes; `agent`: whose permissions they need. */
export type GatheredAccount = {
  review: Ref
  writes: JudgedWrite[]
  unfit: EndedWrite[]
  chunk?: Ref
  agent?: Ref
  /** Of exactly these writes. */
  digest: string
}

/** How a write ended. */
export type EndedWrite = Pick<PendingWrite, 'id' | 'status' | 'note'>

export type FinishAccountRequest = {
  root: Root
  review: Ref
  writes: EndedWrite[]
  title: string
  server: ModelServer
  inlineBytes: number
}
/** `report`: Markdown. */
export type FinishedAccount = AccountReview & { report: Text }
