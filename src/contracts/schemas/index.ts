// What people may write, checked at the doors: in clients before anything starts and in the first activity on the worker.
// zod stays out of the workflow bundle, so workflow code may import the types here, never the schemas.
import { AccountInput } from './account.js'
import { CodeInput } from './code.js'
import { DelegateInput } from './delegate.js'
import { DocumentsInput } from './documents.js'
import { ParallelInput } from './parallel.js'
import { ReviewInput } from './review.js'
import { ThreadInput } from './thread.js'

export {
  AccountHealth,
  AccountInput,
  AccountRisk,
  CrmSummary,
  HistoricalInsights,
  PRIORITIES,
  Recommendations,
} from './account.js'
export { AgentDefinition, McpServer } from './agent.js'
export { CodeInput, CodePlanAnswer, MAX_CODE_AGENTS, ProgrammerReport } from './code.js'
export { budgetUsd, Confirm, MAX_INPUT_BYTES } from './common.js'
export { DelegateInput, DelegationAnswer, MAX_CALLS, MAX_PARTS } from './delegate.js'
export { DocumentAnswer, DocumentPoints, DocumentsInput } from './documents.js'
export { explain } from './explain.js'
export { Item, MAX_ITEMS, ParallelInput } from './parallel.js'
export { EXPERTS, ExpertAnswer, FixOptions, ReviewInput } from './review.js'
export { ThreadInput } from './thread.js'

export const INPUTS = {
  parallel: ParallelInput,
  review: ReviewInput,
  documents: DocumentsInput,
  delegate: DelegateInput,
  account: AccountInput,
  code: CodeInput,
  thread: ThreadInput,
} as const
