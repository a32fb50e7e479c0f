// A turn whose loop is the Agent SDK's: one activity for all of it. The tool calls of each of its steps come here as a
// signal and are run as those of the built-in loop are, with the same permissions, approvals, journal and audit; the
// activity asks for what became of them. While people think for long it is not even running.
import { condition, proxyActivities, setHandler, TemporalFailure } from '@temporalio/workflow'
import type { Activities } from '../../../activities/index.js'
import type { AgentPlan, ToolResult } from '../../../contracts/agent.js'
import {
  type EngineCalls,
  type EngineRequest,
  engineCalls,
  engineResults,
  type ModelCall,
} from '../../../contracts/engine.js'
import { reservePart, settlePart } from '../budget/part.js'
import { readFailure } from '../calls/call.js'
import { changed } from '../run/run.js'
import { endTurnUnasked, requestOf, type Taken, took } from '../thread/conversation.js'
import { stepNameOf } from '../thread/turn-place.js'
import type { AgentTurn } from './tool-loop.js'
import { runTools } from './tool-step.js'

/** Of an agent that may start others: what it leaves them of the budget. */
const OWN_SHARE = 0.5

export async function engineTurn(turn: AgentTurn, agent: AgentPlan, context?: string): Promise<Taken> {
  const { conversation, message, stopping, run, audit } = turn
  const at = { message, stopping, step: { number: 1, ...(context !== undefined && { context }) } }
  const inbox = openInbox(turn, agent)
  const share = agent.tools.includes('agent') ? OWN_SHARE : 1
  const dropped = stopping.wasInterrupted
  const part = await reservePart(run.budget, { share, label: `turn ${message.turn}`, dropped })
  if (typeof part === 'string') return endTurnUnasked(conversation, at, unpaid(part))
  const { workspace, maxSteps, ref } = agent
  const request: EngineRequest = {
    ...requestOf(conversation, at),
    agent: ref,
    maxSteps,
    ...(workspace !== undefined && { workspace }),
    ...(part.budgetUsd !== undefined && { reservedUsd: part.budgetUsd }),
  }
  let usd: Taken['usd'] = null
  try {
    for (;;) {
      await audit?.written()
      audit?.write()
      const outcome = await stopping.scope.run(() => engine(request).runEngine(request))
      if (outcome.kind === 'parked') {
        await condition(() => !inbox.open() || stopping.wasInterrupted())
        continue
      }
      const { turn: ended, last } = outcome
      usd = ended.usd
      if (last) inbox.note(last, ended.status)
      return took(conversation, at, ended)
    }
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error
    const stopped = stopping.wasInterrupted() || stopping.scope.consideredCancelled
    const { error: why, details } = readFailure(error)
    usd = details?.usd ?? null
    return endTurnUnasked(conversation, at, stopped ? { status: 'interrupted' } : { status: 'error', error: why })
  } finally {
    settlePart(part, usd, undefined)
    await inbox.closed()
  }
}

function unpaid(why: 'rejected' | 'interrupted') {
  if (why === 'interrupted') return { status: 'interrupted' as const }
  return { status: 'error' as const, error: { type: 'BudgetNeeded', message: 'nobody allowed the money for it' } }
}

function engine({ label }: EngineRequest) {
  return proxyActivities<Pick<Activities, 'runEngine'>>({
    // A whole turn with all its tools; what hangs is noticed by the activity itself.
    startToCloseTimeout: '24 hours',
    // A dead worker is noticed by this; its lease in the journal (10 s) has run out by then.
    heartbeatTimeout: '15s',
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    // The journal counts failures; a policy cannot tell them from a dead worker.
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '60s' },
    summary: `${label} · Agent SDK`.slice(0, 200),
  })
}

type Step = { results: ToolResult[]; ended: boolean; running: Promise<void> }

/** The tool calls of a turn by their step, however often they are sent. */
function openInbox({ run, conversation, message, stopping, audit }: AgentTurn, agent: AgentPlan) {
  const { plan, name, run: payer } = conversation
  const turn = message.turn
  const steps = new Map<number, Step>()
  const note = ({ number, usd, ...call }: ModelCall, status: string) =>
    audit?.note({ type: 'call', ...call, status, usd }, { turn, step: number })
  const take = ({ step, number, chunk, call, calls }: EngineCalls) => {
    if (step !== stepNameOf(name, turn) || steps.has(number)) return
    note(call, 'ok')
    audit?.write()
    const stepName = stepNameOf(name, turn, number)
    const at = { run, plan: { ...plan, agent }, payer, stepName, turn, step: number, chunk, stopping, audit }
    const entry: Step = { results: [], ended: false, running: Promise.resolve() }
    steps.set(number, entry)
    entry.running = runTools({ ...at, spend: () => {} }, calls).then((results) => {
      const given = new Map(results.map((result) => [result.id, result]))
      entry.results = calls.map(({ id }) => given.get(id) ?? { id, isError: true, content: { text: NOT_RUN } })
      entry.ended = true
      changed(run)
    })
  }
  setHandler(engineCalls, (sent?: unknown) => {
    if (isCalls(sent)) take(sent)
  })
  setHandler(engineResults, (asked?: unknown) => {
    const step = isStep(asked) && asked.step === stepNameOf(name, turn) ? steps.get(asked.number) : undefined
    return { known: step !== undefined, results: step?.ended ? step.results : [] }
  })
  return {
    note,
    open: () => [...steps.values()].some(({ ended }) => !ended),
    /** What was begun has ended. */
    async closed() {
      for (const { running } of steps.values()) await running
    },
  }
}

const NOT_RUN = 'This tool was not run: a person stopped the turn.'

/** Anybody may send a signal of this name; what is not of the activity's making is left alone. */
function isCalls(sent: unknown): sent is EngineCalls {
  return isStep(sent) && 'calls' in sent && Array.isArray(sent.calls) && 'chunk' in sent && 'call' in sent
}

function isStep(sent: unknown): sent is { step: string; number: number } {
  return typeof sent === 'object' && sent !== null && 'step' in sent && 'number' in sent
}
