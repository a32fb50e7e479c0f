// The library: start runs, watch, steer and read them from any program. It never starts a server or a worker.
import { join } from 'node:path'
import { connectTo, type Ensemble } from './client/ensemble.js'
import { rememberRun } from './client/last-run.js'
import { loadConfig } from './config/index.js'
import { readRecord } from './local/data-directory.js'

const WELL_KNOWN = '127.0.0.1:7233'

/**
 * Connects to `TEMPORAL_ADDRESS` or the profile of a temporal.toml, else to the server this data directory has up, else
 * to 127.0.0.1:7233. Throws ConfigError for a bad environment and ConnectionError when nobody answers within 10 s.
 */
export async function connect(): Promise<Ensemble> {
  const { home, taskQueue, namespace, temporal } = loadConfig()
  const address = temporal?.address ?? readRecord(home)?.address ?? WELL_KNOWN
  const { tls, apiKey, metadata } = temporal ?? {}
  const connection = {
    ...(tls !== undefined && { tls }),
    ...(apiKey !== undefined && { apiKey }),
    ...(metadata !== undefined && { metadata }),
  }
  const onStarted = (id: string) => rememberRun(home, id)
  return connectTo({ address, namespace, taskQueue, storeDir: join(home, 'store'), connection, onStarted })
}

export type { AgentOptions } from './client/agent-thread.js'
export type { WaitingApproval } from './client/approvals.js'
export type { AuditEntry, SessionAudit } from './client/audit.js'
export type { Ensemble, OwnWorkflow, RunInputs, RunResults, StartOptions } from './client/ensemble.js'
export {
  AnswerRefusedError,
  ConnectionError,
  EnsembleError,
  InvalidInputError,
  MessageRefusedError,
  NoResultError,
  NotStoredError,
  NoWorkerError,
  RunNotFoundError,
  ThreadClosedError,
  TurnFailedError,
} from './client/errors.js'
export type { RunEnd, RunFacts } from './client/facts.js'
export type { OnText, OnTexts } from './client/live/on-text.js'
export type { EventOptions } from './client/live/run-events.js'
export type { RerunOptions } from './client/rerun.js'
export { NEEDS, type Need, type Route, route } from './client/route.js'
export type { Run, Steering } from './client/run.js'
export type { RunEvent, TextCounts } from './client/run-event.js'
export type { Answer, Approving, Revision } from './client/steer.js'
export type { Resolved } from './client/texts.js'
export type { Turn } from './client/thread/conversation.js'
export type { ThreadOptions } from './client/thread/opening.js'
export type { Reply } from './client/thread/reply.js'
export type { Said, SendOptions, Thread, Waiting } from './client/thread/thread.js'
export { ConfigError } from './config/index.js'
export type { AccountResult, PendingWrite, Recommendation } from './contracts/account.js'
export type { CodePlan, CodeReport, CodeResult, TestReport } from './contracts/code.js'
export type { Content, ContentBlock } from './contracts/conversation.js'
export type { DelegateResult, TaskTree } from './contracts/delegate.js'
export type { Citation, DocumentsResult } from './contracts/documents.js'
export { FAILURE, type FailureType } from './contracts/failures.js'
export type {
  AnswerKind,
  Approval,
  BudgetState,
  Decided,
  ItemState,
  OpenApproval,
  Refused,
  RunState,
  StatusReport,
} from './contracts/messages.js'
export type { WorkflowName } from './contracts/names.js'
export type {
  Finding,
  ItemResult,
  ItemStatus,
  ModelServer,
  ParallelResult,
  PlannedResult,
  Price,
  ReviewResult,
  RunResult,
  RunStatus,
  Severity,
} from './contracts/outcome.js'
export type { Ref, Text, TextRef } from './contracts/refs.js'
export type { AgentDefinition } from './contracts/schemas/agent.js'
export type {
  AccountInput,
  CodeInput,
  DelegateInput,
  DocumentsInput,
  Item,
  ParallelInput,
  ReviewInput,
  ThreadInput,
} from './contracts/schemas/index.js'
export type { ThreadResult } from './contracts/thread.js'
export type { Usage, Usd } from './contracts/usage.js'
