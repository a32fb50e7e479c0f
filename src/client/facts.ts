// What the server knows of a run without asking it: enough for lists, and for deciding what a command may do with it.
import type { WorkflowExecutionInfo } from '@temporalio/client'
import type { RunState } from '../contracts/messages.js'
import { MEMO, SEARCH_ATTRIBUTES, WORKFLOWS } from '../contracts/names.js'
import type { RerunOf } from '../contracts/plan.js'
import type { Root } from '../contracts/refs.js'
import type { Usd } from '../contracts/usage.js'
import { asking } from './errors.js'
import type { Server } from './server.js'

/** `RunState`, or how Temporal ended a run that could not say so itself. */
export type RunEnd = RunState | 'cancelled' | 'terminated' | 'timedOut'

/** What is known of a run without asking its worker. Times are ISO. */
export type RunFacts = {
  id: string
  workflow: string
  status: RunEnd
  open: boolean
  /** Name of the approval it waits for. */
  waitingFor?: string
  /** Dollars known at the last change of status. */
  usd?: Usd
  summary?: string
  startedAt: string
  endedAt?: string
  firstRunId: string
  taskQueue: string
  rerunOf?: RerunOf
  /** Of a forked thread: what its first turns are kept under. */
  root?: Root
  /** Started so that its texts can be read while they arrive. */
  stream: boolean
  /** Id of the run it is a part of. */
  partOf?: string
}

const ENDS: Record<string, RunEnd> = {
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timedOut',
}

/** Throws RunNotFoundError, ConnectionError. */
export async function runFacts(server: Server, id: string): Promise<RunFacts> {
  const description = await asking({ server: server.address, run: id }, () =>
    server.client.workflow.getHandle(id).describe(),
  )
  const firstRunId = description.raw.workflowExecutionInfo?.firstRunId || description.runId
  const summary = await description.staticSummary()
  return { ...factsOf(description, firstRunId), ...(summary !== undefined && { summary }) }
}

/** Newest first, `limit` of them. Parts of other runs are left out: their run names them. */
export async function* listRuns(server: Server, limit: number): AsyncGenerator<RunFacts> {
  const types = WORKFLOWS.map((name) => `'${name}'`).join(', ')
  const ours = `WorkflowType IN (${types})`
  // A person's own workflows have names of any kind; they are known by the attribute that every run of ours is given.
  const own = (await server.searchAttributes()).has(SEARCH_ATTRIBUTES.usd)
  const which = own ? `(${ours} OR ${SEARCH_ATTRIBUTES.usd} IS NOT NULL)` : ours
  const query = `${which} AND ExecutionStatus != 'ContinuedAsNew'`
  let left = limit
  const found = server.client.workflow.list({ query, pageSize: Math.min(limit, 200) })[Symbol.asyncIterator]()
  while (left > 0) {
    const next = await asking({ server: server.address }, () => found.next())
    if (next.done) return
    if (next.value.parentExecution) continue
    left--
    yield factsOf(next.value, next.value.raw.firstRunId || next.value.runId)
  }
}

function factsOf(info: Omit<WorkflowExecutionInfo, 'raw'>, firstRunId: string): RunFacts {
  const memo = info.memo ?? {}
  const open = info.status.name === 'RUNNING' || info.status.name === 'PAUSED'
  const said = typeof memo[MEMO.status] === 'string' ? (memo[MEMO.status] as RunState) : undefined
  const waitingFor = memo[MEMO.waitingFor]
  const usd = memo[MEMO.usd]
  return {
    id: info.workflowId,
    workflow: info.type,
    status: ENDS[info.status.name] ?? said ?? (open ? 'preparing' : 'completed'),
    open,
    ...(open && typeof waitingFor === 'string' && waitingFor !== '' && { waitingFor }),
    ...((typeof usd === 'number' || usd === null) && { usd }),
    startedAt: info.startTime.toISOString(),
    ...(info.closeTime && { endedAt: info.closeTime.toISOString() }),
    firstRunId,
    taskQueue: info.taskQueue,
    stream: memo[MEMO.stream] === true,
    ...(info.parentExecution?.workflowId && { partOf: info.parentExecution.workflowId }),
    ...(memo[MEMO.rerunOf] !== undefined && { rerunOf: memo[MEMO.rerunOf] as RerunOf }),
    ...(memo[MEMO.root] !== undefined && { root: memo[MEMO.root] as Root }),
  }
}
