// A conversation, one turn after the other. A turn is a loop of steps and a step one model call; what it adds is stored
// by its activity, so all that is kept here is where the chain of chunks ends. Made for the workflow `thread`, and as it
// is for anybody's own workflow.
import { type CancellationScope, CancellationScope as Scope, TemporalFailure, workflowInfo } from '@temporalio/workflow'
import type { ToolResult } from '../../../contracts/agent.js'
import type { Spent } from '../../../contracts/call.js'
import type { Content, ConversationState } from '../../../contracts/conversation.js'
import { FAILURE } from '../../../contracts/failures.js'
import type { ItemResult } from '../../../contracts/outcome.js'
import type { Ref } from '../../../contracts/refs.js'
import type { ThreadPlan } from '../../../contracts/thread.js'
import type { KeepTurnRequest, TurnOutcome, TurnRequest } from '../../../contracts/turn.js'
import type { Usd } from '../../../contracts/usage.js'
import type { Budget } from '../budget/ledger.js'
import type { Priced } from '../budget/spending.js'
import { asking, readFailure, steps } from '../calls/call.js'
import { type Condensing, condense } from './condensing.js'
import { bytesOfNew, paidTurn, worstOfCall } from './paid-turn.js'
import { type At, commonOf, isLater, placeOf } from './turn-place.js'

export type Conversation = {
  plan: ThreadPlan
  /** First run id of the execution that pays. */
  run: string
  /** In front of the names of its steps: tells several conversations of one run apart. */
  name: string
  state: ConversationState
  /** What its calls may cost. */
  budget?: Budget
}

export type TurnMessage = { turn: number; content: Content; id?: string; cacheHistory: boolean }

/** Of a turn of an agent. `results`: of the tools the step before asked for; `context`: what a hook had to say. */
export type Step = { number: number; results?: ToolResult[]; context?: string }

export type Taken = Omit<TurnOutcome, 'head' | 'contextTokens' | 'length'> & {
  chunk: Ref
  /** What a summary of the oldest turns cost besides. */
  condensing?: Spent
}

export type Stopping = {
  /** What an interruption cancels. */
  scope: CancellationScope
  /** From then on any ending without an answer is an interruption. */
  wasInterrupted(): boolean
}

/** @param options.state where it goes on; absent: where the plan begins. */
export function openConversation(
  plan: ThreadPlan,
  options: { run: string; name?: string; state?: ConversationState; budget?: Budget | undefined },
): Conversation {
  const { run, name = '', state = plan.state, budget } = options
  return { plan, run, name, state, ...(budget && { budget }) }
}

/** One model call. Never throws for what comes of it: a failed turn is kept and said to be one. */
export async function takeTurn(
  conversation: Conversation,
  message: TurnMessage,
  stopping: Stopping,
  step?: Step,
): Promise<Taken> {
  const { plan, state } = conversation
  const at = { message, stopping, ...(step && { step }) }
  const full = state.head !== undefined && state.contextTokens > plan.condenseAbove
  let condensing = full ? await condense(conversation, at) : undefined
  let outcome = await ask(conversation, at)
  if (outcome.error?.type === FAILURE.tooLarge && state.head !== undefined && !condensing) {
    // The estimate was off, or the message is large: once more with less before it.
    condensing = await condense(conversation, at)
    if (condensing.done) outcome = await ask(conversation, at)
  }
  return took(conversation, at, 'head' in outcome ? outcome : await keep(conversation, at, outcome), condensing)
}

/** Ends a turn without a call: what was asked for before it has its results all the same. */
export async function endTurnUnasked(conversation: Conversation, at: At, ended: Unkept): Promise<Taken> {
  return took(conversation, at, await keep(conversation, at, ended))
}

/** The conversation goes on from what was kept. */
export function took(
  conversation: Conversation,
  { message, step }: At,
  kept: TurnOutcome,
  condensing?: Condensing,
): Taken {
  const { state } = conversation
  const { head, contextTokens, length, warnings, ...taken } = kept
  conversation.state = {
    ...state,
    head,
    chained: isLater(step) ? state.chained : state.chained + 1,
    next: Math.max(state.next, message.turn + 1),
    length,
    contextTokens: contextTokens === 0 ? state.contextTokens : contextTokens,
  }
  return {
    ...taken,
    chunk: head,
    warnings: [...warnings, ...(condensing?.warnings ?? [])],
    ...(condensing && { condensing: condensing.spent }),
  }
}

/** The next turns begin with nothing before them; settings and numbers stay. */
export function clearConversation(conversation: Conversation): void {
  conversation.state = { chained: 0, next: conversation.state.next, length: 0, contextTokens: 0 }
}

type Unkept = { status: 'error' | 'interrupted'; error?: ItemResult['error'] }
type Ended = TurnOutcome | (Unkept & Partial<Priced>)
type PricedEnd = TurnOutcome | (Unkept & Priced)
async function ask(conversation: Conversation, at: At): Promise<Ended> {
  const { stopping, step } = at
  const { scope, wasInterrupted } = stopping
  if (wasInterrupted()) return { status: 'interrupted' }
  const { plan, state } = conversation
  const request = requestOf(conversation, at)
  const bytes = bytesOfNew(request.message, step?.results)
  const wanted = { worstUsd: worstOfCall(plan, { tokens: state.contextTokens, bytes }), label: request.label }
  return paidTurn(conversation.budget, { ...wanted, dropped: wasInterrupted }, async (budget): Promise<PricedEnd> => {
    const paid = { ...request, ...(budget && { budget }) }
    try {
      return await scope.run(() => asking<'answerTurn'>(paid).answerTurn(paid))
    } catch (error) {
      if (!(error instanceof TemporalFailure)) throw error
      const usd = budget ? await spentUsd(paid) : null
      if (wasInterrupted() || scope.consideredCancelled) return { status: 'interrupted', usd }
      const { error: why, details } = readFailure(error)
      const paidUsd = details?.paidUsd !== undefined && { paidUsd: details.paidUsd }
      return { status: 'error', error: why, usd, ...paidUsd }
    }
  })
}

export function requestOf(conversation: Conversation, at: At): TurnRequest {
  const { plan } = conversation
  return {
    ...commonOf(conversation, at),
    ...placeOf(conversation, at),
    cacheHistory: at.message.cacheHistory,
    ...(plan.agent?.judging === 'activity' && { judging: plan.agent.judging }),
    ...(plan.stream && { stream: { of: workflowInfo().workflowId, ifOpen: true as const } }),
  }
}

/** The activity did not come back: the journal knows what its attempts cost. */
async function spentUsd({ root, step, run }: TurnRequest): Promise<Usd> {
  return (await Scope.nonCancellable(() => steps.spentOn({ root, step, run }))).usd
}

/** The activity did not come back: what it cost is in the journal, and the chain must not miss the turn. */
function keep(conversation: Conversation, at: At, { status, error }: Unkept): Promise<TurnOutcome> {
  const { root, run, step, settings, inlineBytes } = commonOf(conversation, at)
  const request: KeepTurnRequest = {
    root,
    run,
    step,
    settings,
    inlineBytes,
    ...placeOf(conversation, at),
    status,
    ...(error && { error }),
  }
  return Scope.nonCancellable(() => steps.keepTurn(request))
}
