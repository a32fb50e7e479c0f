// How a thread ends: closed with nothing left to answer, its task done or failed, or cancelled. Nothing that was sent is
// left without an ending.
import { ApplicationFailure, CancellationScope, CancelledFailure, TemporalFailure } from '@temporalio/workflow'
import type { EndedTurn } from '../../../contracts/continued-thread.js'
import { FAILURE } from '../../../contracts/failures.js'
import type { RunStatus } from '../../../contracts/outcome.js'
import type { ThreadResult } from '../../../contracts/thread.js'
import { tellHooks } from '../agent/hooks.js'
import { budgetState } from '../budget/ledger.js'
import { toItsEnd } from '../run/conclude.js'
import { changed } from '../run/run.js'
import { dropMessage, type Thread, waitingMessages } from './state.js'

/** However the body ends, what still waits is told so. */
export function threadToItsEnd(thread: Thread, body: () => Promise<ThreadResult>): Promise<ThreadResult> {
  return toItsEnd(thread.run, async () => {
    try {
      return await body()
    } catch (error) {
      if (error instanceof TemporalFailure) endWaiting(thread, error)
      throw error
    }
  })
}

function endWaiting(thread: Thread, failure: TemporalFailure): void {
  const error = failure instanceof ApplicationFailure && { type: failure.type ?? 'Error', message: failure.message }
  const waiting = waitingMessages(thread)
  thread.queue = []
  thread.closing = true
  for (const message of waiting) dropMessage(thread, message, error || undefined)
}

export async function concludeThread(thread: Thread): Promise<ThreadResult> {
  const { run, conversation, counts, answer, output, audit } = thread
  await endSession(thread)
  if (thread.cancelled) throw new CancelledFailure('the thread was cancelled')
  const last = [...thread.ended.values()].at(-1)
  const status = statusOf(thread, last)
  run.state = status
  changed(run)
  const head = conversation?.state.head
  const result: ThreadResult = {
    status,
    ...run.totals,
    items: [],
    turns: counts.ok + counts.interrupted + counts.error,
    ...(answer !== undefined && { answer }),
    ...(output !== undefined && { output }),
    ...(head !== undefined && { head }),
    ...(status === 'failed' && last?.error && { error: last.error }),
    ...(audit && { audit: audit.head }),
    ...(run.budget && { budget: budgetState(run.budget) }),
  }
  if (status !== 'failed') return result
  throw ApplicationFailure.create({
    type: FAILURE.runFailed,
    message: `the task failed: ${last?.error?.message ?? 'it was not answered'}`,
    nonRetryable: true,
    details: [result],
  })
}

/** Whoever listens is told, and the audit is complete, before the result is. */
async function endSession(thread: Thread): Promise<void> {
  const { run, conversation, audit, ended } = thread
  const agent = conversation?.plan.agent
  if (!agent) return
  const status = thread.cancelled ? 'cancelled' : statusOf(thread, [...ended.values()].at(-1))
  const facts = { status, usd: run.totals.usd }
  // Not cancellable: a cancelled agent's session has its end in the audit, too.
  await CancellationScope.nonCancellable(async () => {
    await tellHooks(agent, 'session_end', '', facts)
    await tellHooks(agent, 'run_finished', '', facts)
    audit?.note({ type: 'session_end', ...facts })
    await audit?.written({ all: true })
  })
}

/** A conversation that was closed is complete; a task is what became of it. */
function statusOf({ task }: Thread, last: EndedTurn | undefined): RunStatus {
  if (!task || last?.status === 'ok') return 'completed'
  return last?.status === 'interrupted' ? 'interrupted' : 'failed'
}
