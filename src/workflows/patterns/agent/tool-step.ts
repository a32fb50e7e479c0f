// The tools of one step, in parallel: each by its verdict run, asked about, or answered at once; in the model's order
// again when all of them have ended. Nothing starts once the turn is interrupted; what has ended keeps its result.
import { ActivityFailure, ApplicationFailure, TemporalFailure } from '@temporalio/workflow'
import type { AgentPlan, RunToolOutcome, ToolCall, ToolResult } from '../../../contracts/agent.js'
import type { Spent } from '../../../contracts/call.js'
import { FAILURE } from '../../../contracts/failures.js'
import type { Ref } from '../../../contracts/refs.js'
import type { ThreadPlan } from '../../../contracts/thread.js'
import { changed, type Run } from '../run/run.js'
import type { Stopping } from '../thread/conversation.js'
import type { AuditTrail } from './audit-trail.js'
import { runChild } from './child-agent.js'
import { tellHooks } from './hooks.js'
import { judging } from './judging.js'
import { reportWrite } from './report-write.js'
import { askAboutUnknown, askForTool } from './tool-approval.js'
import { type Attempt, dispatched } from './tool-run.js'
import { showEnd, showTool } from './tool-states.js'

export type ToolStep = {
  run: Run
  plan: ThreadPlan & { agent: AgentPlan }
  /** First run id of the execution that pays. */
  payer: string
  /** Of the model call that asked for the tools. */
  stepName: string
  turn: number
  step: number
  /** Whose answer holds the tool_use blocks. */
  chunk: Ref
  stopping: Stopping
  audit: AuditTrail | undefined
  /** What children spent. */
  spend(spent: Spent): void
}

/** A call that changes between its judgement and its run again and again is given up. */
const MAX_CHANGES = 3

/** Without those that were not run: the next model call is told so. */
export async function runTools(at: ToolStep, calls: ToolCall[]): Promise<ToolResult[]> {
  const one = async (call: ToolCall, index: number) => {
    const result = await settled(at, call, index, { tries: 1 })
    showEnd(at.run, at, call, result)
    if (at.plan.agent.reports && result?.isError === false) reportWrite(call)
    return result
  }
  const results = await Promise.all(calls.map(one))
  return results.flatMap((result) => result ?? [])
}

function settled(at: ToolStep, call: ToolCall, index: number, attempt: Attempt): Promise<ToolResult | undefined> {
  const { verdict, id } = call
  const { tool, digest, summary } = call
  const by = 'by' in verdict ? verdict.by : ''
  note(at, { type: 'permission', tool, id, digest, verdict: verdict.kind, by, summary })
  if (at.stopping.wasInterrupted()) return Promise.resolve(undefined)
  switch (verdict.kind) {
    case 'run':
      return ran(at, call, index, attempt)
    case 'ask':
      return asked(at, call, index, attempt)
    case 'agent':
      return child(at, call, index, verdict)
    case 'refuse':
      return Promise.resolve(failed(id, `permission denied: ${verdict.reason}`))
    case 'invalid':
      return Promise.resolve(failed(id, verdict.reason))
  }
}

async function asked(at: ToolStep, call: ToolCall, index: number, attempt: Attempt): Promise<ToolResult | undefined> {
  const { run, plan, turn, step, stopping } = at
  const { agent } = plan
  const name = `${call.tool}-${placeOf(at, index)}${attempt.tries > 1 ? `.${attempt.tries}` : ''}`
  const { summary, tool, digest } = call
  showTool(run, at, call, { status: 'asked' })
  const told = tellHooks(agent, 'approval_requested', name, { approval: name, tool, summary, digest, turn, step })
  const decision = await askForTool(
    run,
    {
      ...{ agent: agent.name, call, name },
      ...(agent.approvers && { approvers: agent.approvers }),
      rejudge: (input) => rejudged(at, call, input),
    },
    stopping.wasInterrupted,
  )
  await told
  switch (decision.kind) {
    case 'approved': {
      const { by, at: when, call: edited = call } = decision
      return ran(at, edited, index, { ...attempt, approved: { by, at: when } })
    }
    case 'denied':
      return failed(call.id, `denied by a person: ${decision.reason}`)
    case 'expired':
      return failed(call.id, 'expired: nobody answered')
    case 'interrupted':
      return undefined
  }
}

/** Judged anew: other arguments, or a call that is not what it was. */
async function rejudged(at: ToolStep, { id, summary }: ToolCall, input?: Record<string, unknown>): Promise<ToolCall> {
  const { run, plan, stepName, chunk } = at
  const calls = await judging.judgeCalls({
    ...{ root: plan.root, run: run.self.workflowId, step: stepName, label: summary, agent: plan.agent.ref, chunk },
    ...(input && { edited: { id, input } }),
  })
  const call = calls.find((judged) => judged.id === id)
  if (!call) throw new Error(`the answer has no use of a tool ${id}`)
  return call
}

async function ran(at: ToolStep, call: ToolCall, index: number, attempt: Attempt): Promise<ToolResult | undefined> {
  if (at.stopping.wasInterrupted()) return undefined
  showTool(at.run, at, call, { status: 'running' })
  let outcome: RunToolOutcome
  try {
    outcome = await dispatched(at, call, attempt)
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error
    return afterFailure(at, call, index, attempt, error)
  }
  const { kind, result, bytes, head, ms } = outcome
  noteTool(at, call, { outcome: kind, isError: result.isError, bytes, ms })
  showTool(at.run, at, call, { status: kind === 'done' && result.isError ? 'error' : kind, head, ms })
  if (kind !== 'unknown' || at.plan.agent.onUnknown === 'model') return at.run.budget ? { ...result, bytes } : result
  return unknown(at, call, index, attempt, result)
}

async function afterFailure(
  at: ToolStep,
  call: ToolCall,
  index: number,
  attempt: Attempt,
  error: TemporalFailure,
): Promise<ToolResult | undefined> {
  const cause = error instanceof ActivityFailure && error.cause instanceof Error ? error.cause : error
  noteTool(at, call, { outcome: 'failed', isError: true, bytes: 0, ms: 0 })
  if (at.stopping.wasInterrupted()) return failed(call.id, 'Stopped by a person. Whether it happened is not known.')
  const isChanged = cause instanceof ApplicationFailure && cause.type === FAILURE.callChanged
  if (isChanged && attempt.tries < MAX_CHANGES)
    return settled(at, await rejudged(at, call), index, { tries: attempt.tries + 1 })
  return failed(call.id, `It could not be run: ${cause.message}`)
}

async function unknown(
  at: ToolStep,
  call: ToolCall,
  index: number,
  attempt: Attempt,
  result: ToolResult,
): Promise<ToolResult | undefined> {
  const { run, plan, stopping } = at
  const { agent } = plan
  const name = `unknown-${call.tool}-${placeOf(at, index)}${attempt.tries > 1 ? `.${attempt.tries}` : ''}`
  const asks = { agent: agent.name, call, name, ...(agent.approvers && { approvers: agent.approvers }) }
  const decision = await askAboutUnknown(run, asks, stopping.wasInterrupted)
  const noted = 'note' in decision && decision.note !== undefined ? `: ${decision.note}` : '.'
  switch (decision.kind) {
    case 'done':
      return { id: call.id, isError: false, content: { text: `A person looked: it was done${noted}` } }
    case 'notDone':
      return failed(call.id, `A person looked: it was not done, and it was not done again${noted}`)
    case 'again':
      return ran(at, call, index, { ...attempt, again: true, tries: attempt.tries + 1 })
    case 'interrupted':
      return result
  }
}

async function child(
  at: ToolStep,
  call: ToolCall,
  index: number,
  { name, task }: { name: string; task: string },
): Promise<ToolResult> {
  const { run, plan, stopping } = at
  const place = placeOf(at, index)
  showTool(run, at, call, { status: 'running' })
  const asks = { run, plan, place, id: call.id, name, task, siblings: 1, stopped: stopping.wasInterrupted }
  const { result, spent, workflowId, status } = await runChild(asks)
  at.spend(spent)
  note(at, { type: 'child', run: workflowId, name, status })
  changed(run)
  return result
}

function placeOf({ turn, step }: ToolStep, index: number): string {
  return `${turn}.${step}.${index + 1}`
}

function failed(id: string, text: string): ToolResult {
  return { id, isError: true, content: { text } }
}

function noteTool(
  at: ToolStep,
  { tool, id, digest, effect }: ToolCall,
  how: { outcome: string; isError: boolean; bytes: number; ms: number },
): void {
  note(at, { type: 'tool', tool, id, digest, effect, ...how })
}

function note({ audit, turn, step }: ToolStep, event: Parameters<AuditTrail['note']>[0]): void {
  audit?.note(event, { turn, step })
}
