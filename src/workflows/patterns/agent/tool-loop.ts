// The turn of an agent: the model is asked, the tools it wants are run, their results go back, until it has nothing more
// to run. A step is one model call and its tools. Between two steps it may pause, be stopped, or continue as new.
import { condition, TemporalFailure } from '@temporalio/workflow'
import type { AgentPlan, ToolCall, ToolResult } from '../../../contracts/agent.js'
import type { Spent } from '../../../contracts/call.js'
import type { MidTurn, WaitingMessage } from '../../../contracts/continued-thread.js'
import { FAILURE } from '../../../contracts/failures.js'
import type { ThreadPlan } from '../../../contracts/thread.js'
import { addUsage, addUsd, noUsage } from '../../../contracts/usage.js'
import { readFailure } from '../calls/call.js'
import { changed, type Run } from '../run/run.js'
import {
  type Conversation,
  endTurnUnasked,
  type Step,
  type Stopping,
  type Taken,
  takeTurn,
} from '../thread/conversation.js'
import { stepNameOf } from '../thread/turn-place.js'
import type { AuditTrail } from './audit-trail.js'
import { engineTurn } from './engine-turn.js'
import { tellHooks } from './hooks.js'
import { judging } from './judging.js'
import { runTools, type ToolStep } from './tool-step.js'

export type AgentTurn = {
  run: Run
  conversation: Conversation
  message: WaitingMessage
  stopping: Stopping
  audit: AuditTrail | undefined
  /** What hooks had to say as the session began. */
  context?: string
  /** Where an earlier execution left the turn. */
  from?: MidTurn
  /** Between two steps: continues as new, and never returns, if it is time. */
  between(at: MidTurn): Promise<void>
}

/** What every turn of an agent may be warned of is said once. */
const WARNINGS = 50

/** The whole turn as one: its last words, what all its steps spent. */
export async function agentTurn(turn: AgentTurn): Promise<Taken> {
  const { conversation, message, stopping, run } = turn
  const { plan } = conversation
  if (!plan.agent) throw new Error('the thread has no agent')
  const so = turn.from ?? begun(turn)
  const told = turn.from ? {} : await before(turn, plan.agent, so)
  if ('blocked' in told) return ended(so, await unasked(turn, { number: 1 }, told.blocked))
  if (plan.agent.engine === 'agent-sdk') return ended(so, await engineTurn(turn, plan.agent, told.context))
  for (let context = told.context; ; context = undefined) {
    if (so.step > 1) await turn.between(so)
    if (run.paused) await condition(() => !run.paused || stopping.wasInterrupted())
    const step: Step = { number: so.step, results: so.results, ...(context !== undefined && { context }) }
    if (so.step > plan.agent.maxSteps) return ended(so, await unasked(turn, step, tooMany(plan.agent)))
    // What happened before is on disk before the model hears of it; what it adds is written beside the next call.
    await turn.audit?.written()
    turn.audit?.write()
    const taken = await takeTurn(conversation, message, stopping, step)
    noteCall(turn, so.step, taken)
    if (!taken.goesOn) return ended(so, taken)
    add(so, taken)
    if (run.paused) await condition(() => !run.paused || stopping.wasInterrupted())
    const results = await toolsOf(turn, { ...plan, agent: plan.agent }, taken, so)
    so.step++
    if ('error' in results) return ended(so, await unasked(turn, { number: so.step }, results.error))
    so.results = results
    changed(run)
  }
}

function begun({ message, conversation }: AgentTurn): MidTurn {
  const prev = conversation.state.head
  return {
    ...{ message, step: 1, results: [], usage: noUsage(), usd: 0, savedUsd: 0, attempts: 0, warnings: [] },
    ...(prev !== undefined && { prev }),
    interrupted: false,
  }
}

/** What hooks have to say to a message, before anything is asked. */
async function before(
  { message, audit, context: ofSession }: AgentTurn,
  agent: AgentPlan,
  so: MidTurn,
): Promise<{ context?: string } | { blocked: { type: string; message: string } }> {
  const { turn, content, id } = message
  const characters = typeof content === 'string' ? content.length : JSON.stringify(content).length
  audit?.note({ type: 'prompt', characters, ...(id !== undefined && { by: id }) }, { turn })
  const told = await tellHooks(agent, 'prompt_submission', `${turn}`, { turn, prompt: content })
  so.warnings.push(...told.warnings)
  const { block } = told
  const context = [ofSession, told.context].filter((said) => said !== undefined).join('\n')
  if (block !== undefined) return { blocked: { type: FAILURE.hookBlocked, message: `a hook refused it: ${block}` } }
  return context === '' ? {} : { context }
}

function tooMany({ maxSteps }: AgentPlan) {
  const message = `the agent made ${maxSteps} model calls in this turn and wants more: wanted at most that many (maxSteps)`
  return { type: FAILURE.tooManySteps, message }
}

function unasked(
  { conversation, message, stopping }: AgentTurn,
  step: Step,
  error: { type: string; message: string },
): Promise<Taken> {
  const ends = stopping.wasInterrupted() ? { status: 'interrupted' as const } : { status: 'error' as const, error }
  return endTurnUnasked(conversation, { message, step, stopping }, ends)
}

type Failed = { error: { type: string; message: string } }

async function toolsOf(
  turn: AgentTurn,
  plan: ThreadPlan & { agent: AgentPlan },
  taken: Taken,
  so: MidTurn,
): Promise<ToolResult[] | Failed> {
  const { run, conversation, message, stopping, audit } = turn
  if (taken.stopReason !== 'tool_use' || stopping.wasInterrupted()) return []
  const stepName = stepNameOf(conversation.name, message.turn, so.step)
  const at = { run, plan, payer: conversation.run, stepName, turn: message.turn, step: so.step, chunk: taken.chunk }
  try {
    const calls = taken.calls ?? (await judged(at, stopping))
    return await runTools({ ...at, stopping, audit, spend: (spent) => spend(so, spent) }, calls)
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error
    return stopping.wasInterrupted() ? [] : { error: readFailure(error).error }
  }
}

function judged(at: Pick<ToolStep, 'run' | 'plan' | 'stepName' | 'chunk'>, { scope }: Stopping): Promise<ToolCall[]> {
  const { run, plan, stepName, chunk } = at
  const { root, agent } = plan
  const asked = { root, run: run.self.workflowId, step: stepName, label: stepName, agent: agent.ref, chunk }
  return scope.run(() => judging.judgeCalls(asked))
}

function noteCall({ audit, message, conversation }: AgentTurn, step: number, { status, usage, usd }: Taken): void {
  const { inputTokens, outputTokens } = usage
  const { model } = conversation.plan.shown
  audit?.note({ type: 'call', model, status, inputTokens, outputTokens, usd }, { turn: message.turn, step })
}

function spend(so: MidTurn, { usage, usd, savedUsd, attempts }: Spent): void {
  so.usage = addUsage(so.usage, usage)
  so.usd = addUsd(so.usd, usd)
  so.savedUsd = addUsd(so.savedUsd, savedUsd)
  so.attempts += attempts
}

function add(so: MidTurn, { text, warnings, condensing, ...spent }: Taken): void {
  spend(so, spent)
  if (condensing) spend(so, condensing)
  if (text !== undefined && text !== '') so.text = text
  so.warnings = [...new Set([...so.warnings, ...warnings])].slice(0, WARNINGS)
}

/** The last words of a turn are its answer: of one that ended without any, those of a step before. */
function ended(so: MidTurn, last: Taken): Taken {
  const { condensing: _, text: lastText, ...how } = last
  add(so, last)
  const { usage, usd, savedUsd, attempts, warnings } = so
  const text = so.text ?? lastText
  return { ...how, ...{ usage, usd, savedUsd, attempts, warnings }, ...(text !== undefined && { text }) }
}
