// An agent that an agent starts: a thread of its own with its own context, whose last answer comes back as the result of
// a tool. It is steered by messages and never cancelled: interrupted, it hands over what it has.
import {
  ApplicationFailure,
  ChildWorkflowFailure,
  condition,
  startChild,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow'
import type { AgentPlan, ToolResult } from '../../../contracts/agent.js'
import type { Spent } from '../../../contracts/call.js'
import { FAILURE } from '../../../contracts/failures.js'
import { type BudgetState, interrupt, pause, resume } from '../../../contracts/messages.js'
import type { Text } from '../../../contracts/refs.js'
import type { ThreadInput } from '../../../contracts/schemas/index.js'
import type { ThreadPlan, ThreadResult } from '../../../contracts/thread.js'
import { noUsage } from '../../../contracts/usage.js'
import { reservePart, settlePart } from '../budget/part.js'
import { type Run, short } from '../run/run.js'

/** An answer up to this comes back with the child's result, a longer one by its ref. */
const INLINE_BYTES = 8 * 1024

export type ChildRequest = {
  run: Run
  plan: ThreadPlan & { agent: AgentPlan }
  /** Such as "1.2.1": turn, step, and which tool call of it. */
  place: string
  /** Of the tool_use block. */
  id: string
  name: string
  task: string
  /** How many are started with it: they share what is left of the budget. */
  siblings: number
  stopped(): boolean
}

export type EndedChild = { result: ToolResult; spent: Spent; workflowId: string; status: string }

export async function runChild(request: ChildRequest): Promise<EndedChild> {
  const { run, place, id, name, siblings, stopped } = request
  const workflowId = `${workflowInfo().workflowId}/${name}-${place}`
  const part = await reservePart(run.budget, { share: 1 / (siblings + 1), label: `agent ${name}`, dropped: stopped })
  if (part === 'rejected' || part === 'interrupted') {
    const text = part === 'rejected' ? 'Not started: there is no money left for it.' : 'Not started: stopped.'
    const spent = { usage: noUsage(), usd: 0, savedUsd: 0, attempts: 0 }
    return { result: { id, isError: true, content: { text } }, spent, workflowId, status: 'skipped' }
  }
  const { budget, ...ended } = await startedChild(request, workflowId, part.budgetUsd)
  settlePart(part, ended.spent.usd, budget)
  return { ...ended, workflowId }
}

type Ended = Omit<EndedChild, 'workflowId'> & { budget?: BudgetState }

async function startedChild(request: ChildRequest, workflowId: string, budgetUsd: number | undefined): Promise<Ended> {
  const { id, name } = request
  let over = false
  try {
    const child = await startChild<(input: ThreadInput) => Promise<ThreadResult>>('thread', {
      workflowId,
      args: [inputOf(request, budgetUsd)],
      parentClosePolicy: 'REQUEST_CANCEL',
      staticSummary: short(`agent ${name} of ${workflowInfo().workflowId}`, 120),
    })
    const steered = steer(
      request,
      () => over,
      (message, ...args) => child.signal(message, ...args),
    )
    try {
      return fromResult(id, await child.result())
    } finally {
      over = true
      await steered
    }
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error
    return fromFailure(id, error)
  }
}

function inputOf({ plan, name, task }: ChildRequest, budgetUsd: number | undefined): ThreadInput {
  const { agent, maxRetries, maxWaitSeconds } = plan
  const { workspace, approvers, onUnknown, audit, engine } = agent
  return {
    ...{ agent: name, task, stream: false, inlineBytes: INLINE_BYTES, maxRetries, maxWaitSeconds },
    ...{ onUnknown, audit, engine },
    ...(workspace !== undefined && { workspace }),
    ...(approvers && { approvers }),
    ...(budgetUsd !== undefined && { budgetUsd }),
    parent: { agent: agent.ref, depth: agent.depth },
  }
}

type Tell = (message: typeof interrupt | typeof pause | typeof resume, ...args: [unknown?]) => Promise<void>

/** Hands interruption, pause and resumption on, also what came before it had started. */
async function steer({ run, stopped }: ChildRequest, over: () => boolean, tell: Tell): Promise<void> {
  let paused = false
  for (;;) {
    await condition(() => over() || stopped() || run.paused !== paused)
    if (over()) return
    try {
      // By its number: also while the child is being prepared, when nothing is answered yet.
      if (stopped()) return await tell(interrupt, { turn: 1 })
      paused = run.paused
      await tell(paused ? pause : resume)
    } catch (error) {
      // A child that has just ended hears nothing any more.
      if (!(error instanceof TemporalFailure)) throw error
    }
  }
}

function fromResult(id: string, ended: ThreadResult): Ended {
  const { status, answer = '', usage, usd, savedUsd, budget } = ended
  const spent = { usage, usd, savedUsd, attempts: 0 }
  const money = budget && { budget }
  if (status === 'completed') return { result: { id, isError: false, content: said(answer) }, spent, status, ...money }
  const had = typeof answer === 'string' ? answer : answer.head
  const text = `The agent was stopped by a person.${had === '' ? '' : ` What it had said by then: ${had}`}`
  return { result: { id, isError: true, content: { text } }, spent, status, ...money }
}

function said(answer: Text): ToolResult['content'] {
  return { text: answer === '' ? '(The agent ended without an answer.)' : answer }
}

/** A failed thread carries its result in its failure; any other end (refused input, terminated) has none. */
function fromFailure(id: string, failure: TemporalFailure): Ended {
  const cause = failure instanceof ChildWorkflowFailure && failure.cause instanceof Error ? failure.cause : failure
  const result: ToolResult = { id, isError: true, content: { text: `The agent failed: ${short(cause.message, 1000)}` } }
  const failed = cause instanceof ApplicationFailure && cause.type === FAILURE.runFailed
  const ended = failed ? (cause.details?.[0] as ThreadResult | undefined) : undefined
  const { usage = noUsage(), usd = 0, savedUsd = 0, budget } = ended ?? {}
  return { result, spent: { usage, usd, savedUsd, attempts: 0 }, status: 'failed', ...(budget && { budget }) }
}
