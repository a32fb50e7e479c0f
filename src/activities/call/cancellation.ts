// Why an activity was cancelled decides what happens to its request. A person's interruption and a worker that goes away
// abort it; a server that no longer knows the activity does not: the request runs on into the journal, where the next
// attempt finds the answer instead of paying again.
import { ApplicationFailure, type Context } from '@temporalio/activity'
import { FAILURE } from '../../contracts/failures.js'

export type StopReason = 'interrupted' | 'shutdown'

export type Stop = {
  /** Aborts when the request must stop. */
  signal: AbortSignal
  reason(): StopReason | undefined
  dispose(): void
}

/** @param marked aborts when an attempt that joined this call was interrupted. */
export function stopOf(context: Context, marked?: AbortSignal): Stop {
  const controller = new AbortController()
  let reason: StopReason | undefined
  const stop = (why: StopReason) => {
    reason ??= why
    controller.abort()
  }
  const cancelled = () => {
    const details = context.cancellationDetails
    if (details?.cancelRequested) stop('interrupted')
    else if (details?.workerShutdown) stop('shutdown')
  }
  const interrupted = () => stop('interrupted')
  const { cancellationSignal } = context
  cancellationSignal.addEventListener('abort', cancelled)
  marked?.addEventListener('abort', interrupted)
  if (cancellationSignal.aborted) cancelled()
  if (marked?.aborted) interrupted()
  return {
    signal: controller.signal,
    reason: () => reason,
    dispose() {
      cancellationSignal.removeEventListener('abort', cancelled)
      marked?.removeEventListener('abort', interrupted)
    },
  }
}

/** Thrown, not returned: returned, a deploy would be recorded as an interruption; thrown, another worker repeats it. */
export function shutdown(): ApplicationFailure {
  return ApplicationFailure.create({
    type: FAILURE.workerShutdown,
    message: 'the worker was shut down; another one repeats the call',
    nextRetryDelay: '1ms',
  })
}
