// A coding run from its start to its commits, whose questions are answered as soon as they are seen, and when its parts
// began and ended by the server's clock.
import type { WorkflowHandle } from '@temporalio/client'
import type { BenchStage } from '../stage.js'

/** Milliseconds since 1970. */
export type Span = { from: number; to: number }

export type CodeRan = {
  startedAt: number
  /** The plan; the work was put before a person at `offeredAt`. */
  approvedAt: number
  offeredAt: number
  committedAt: number
  closedAt: number
  /** Milliseconds that questions were open. */
  waitedMs: number
  tests: Span[]
  /** Of each agent's thread. */
  agents: Span[]
  result: CodeFigures
}

type Tokens = { model: string; inputTokens: number; outputTokens: number; usd: number | null }
type CodeFigures = {
  status: string
  usd: number
  commits: unknown[]
  tests?: { ok: boolean }
  tokens: Tokens[]
  savings: { cost: { model: string; usd: number; plannedUsd: number } }
}

/** @param commits how many are to be made: a run that did less measured nothing. */
export async function codeRun(
  { client }: BenchStage,
  { id, commits, ...input }: { id: string; commits: number; task: string; repo: string } & object,
): Promise<CodeRan> {
  const handle = await client.workflow.start('code', {
    taskQueue: 'ensemble',
    workflowId: id,
    args: [{ allowUnsandboxed: true, ...input }],
  })
  for (const name of ['plan', 'work']) await approve(handle, name)
  const result = (await handle.result()) as CodeFigures
  if (result.status !== 'completed' || result.commits.length !== commits || result.tests?.ok === false)
    throw new Error(`${id} is ${result.status} with ${result.commits.length} commits; wanted ${commits}`)
  return { ...(await timesOf(handle)), result }
}

type Question = { name: string; digest: string; answer?: unknown }

/** Looked for in the memo, which costs the worker nothing. */
async function approve(handle: WorkflowHandle, name: string): Promise<void> {
  for (;;) {
    const { memo, status } = await handle.describe()
    if (memo?.status === 'waiting') {
      const { approvals } = await handle.query<{ approvals: Question[] }>('status')
      const digest = approvals.find((one) => one.name === name && !one.answer)?.digest
      if (digest !== undefined) return handle.signal('approve', { digest })
    }
    if (status.name !== 'RUNNING')
      throw new Error(`${handle.workflowId} is ${status.name} and did not ask about ${name}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

type Times = Omit<CodeRan, 'result'>

async function timesOf(handle: WorkflowHandle): Promise<Times> {
  const { events } = await handle.fetchHistory()
  const [names, begun, agents] = [new Map<string, string>(), new Map<string, number>(), new Map<string, Span>()]
  const [done, tests, approved] = [new Map<string, number>(), [] as Span[], [] as number[]]
  let [waitedMs, idleSince, last, first] = [0, 0, 0, 0]
  for (const event of events ?? []) {
    const at = Number(event.eventTime?.seconds) * 1000 + Number(event.eventTime?.nanos) / 1e6
    first ||= at
    last = at
    const { activityTaskScheduledEventAttributes: asked, activityTaskStartedEventAttributes: began } = event
    if (asked) names.set(String(event.eventId), asked.activityType?.name ?? '')
    if (began) begun.set(String(began.scheduledEventId), at)
    if (event.activityTaskCompletedEventAttributes) {
      const id = String(event.activityTaskCompletedEventAttributes.scheduledEventId)
      done.set(names.get(id) ?? '', at)
      if (names.get(id) === 'testWork') tests.push({ from: begun.get(id) ?? at, to: at })
    }
    const child = event.childWorkflowExecutionStartedEventAttributes?.workflowExecution?.workflowId
    if (child) agents.set(child, { from: at, to: at })
    const ended = event.childWorkflowExecutionCompletedEventAttributes?.workflowExecution?.workflowId
    if (ended) agents.set(ended, { from: agents.get(ended)?.from ?? at, to: at })
    if (event.workflowTaskCompletedEventAttributes) idleSince = at
    if (event.workflowExecutionSignaledEventAttributes?.signalName === 'approve') {
      approved.push(at)
      waitedMs += at - idleSince
    }
  }
  const at = (name: string) => done.get(name) ?? Number.NaN
  return {
    ...{ startedAt: first, closedAt: last, waitedMs, tests },
    ...{ approvedAt: approved[0] ?? Number.NaN, offeredAt: at('offerWork'), committedAt: at('commitWork') },
    agents: [...agents].flatMap(([id, span]) => (id.includes('/planner') ? [] : [span])),
  }
}

/** Milliseconds of [from, to) that no span covers. */
export function uncovered({ from, to }: Span, spans: Span[]): number {
  let [free, at] = [0, from]
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    free += Math.max(0, Math.min(span.from, to) - at)
    at = Math.min(to, Math.max(at, span.to))
  }
  return free + to - at
}
