// How a thread ends: closed with nothing left to answer, its task done or failed, or cancelled. Nothing that was sent is
// left without an ending.
import { ApplicationFailure, CancelledFailure, TemporalFailure } from '@temporalio/workflow'
import { FAILURE } from '../../contracts/failures.js'
import type { RunStatus } from '../../contracts/outcome.js'
import type { EndedTurn, ThreadResult } from '../../contracts/thread.js'
import { toItsEnd } from './conclude.js'
import { changed } from './run.js'
import { dropMessage, type Thread, waitingMessages } from './thread-state.js'

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

export function concludeThread(thread: Thread): ThreadResult {
  const { run, conversation, counts, answer } = thread
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
    ...(head !== undefined && { head }),
  }
  if (status !== 'failed') return result
  throw ApplicationFailure.create({
    type: FAILURE.runFailed,
    message: `the task failed: ${last?.error?.message ?? 'it was not answered'}`,
    nonRetryable: true,
    details: [result],
  })
}

/** A conversation that was closed is complete; a task is what became of it. */
function statusOf({ task }: Thread, last: EndedTurn | undefined): RunStatus {
  if (!task || last?.status === 'ok') return 'completed'
  return last?.status === 'interrupted' ? 'interrupted' : 'failed'
}
