// A run's result, whatever its status: a failed run carries its result in the failure, because Temporal keeps no result
// of a failed workflow. Only a run that has none (cancelled, terminated, unknown) makes this throw.
import {
  ApplicationFailure,
  CancelledFailure,
  TerminatedFailure,
  TimeoutFailure,
  WorkflowFailedError,
} from '@temporalio/client'
import { FAILURE } from '../contracts/failures.js'
import type { RunResult } from '../contracts/outcome.js'
import { InvalidInputError, KeyRefusedError, NoResultError, translated } from './errors.js'
import type { Server } from './server.js'

/**
 * Waits for the end of the run and of whatever it continues as. Throws InvalidInputError if `prepare` refused the input,
 * NoResultError, RunNotFoundError, ConnectionError; rejects with the signal's reason when it is aborted.
 */
export async function awaitResult(server: Server, id: string, signal?: AbortSignal): Promise<RunResult> {
  const handle = server.client.workflow.getHandle(id)
  try {
    const waiting = () => handle.result()
    return (await (signal ? server.client.withAbortSignal(signal, waiting) : waiting())) as RunResult
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof WorkflowFailedError) return fromFailure(error, id)
    throw translated(error, { server: server.address, run: id })
  }
}

function fromFailure(error: WorkflowFailedError, id: string): RunResult {
  const { cause } = error
  if (cause instanceof ApplicationFailure) {
    if (cause.type === FAILURE.runFailed && cause.details?.[0]) return cause.details[0] as RunResult
    if (cause.type === FAILURE.invalidInput) throw new InvalidInputError(cause.message)
    if (cause.type === FAILURE.authentication) throw new KeyRefusedError(deepest(cause))
    throw new NoResultError('failed', `run "${id}" failed: ${deepest(cause)}`)
  }
  if (cause instanceof CancelledFailure) throw new NoResultError('cancelled', `run "${id}" was cancelled`)
  if (cause instanceof TerminatedFailure) throw new NoResultError('terminated', `run "${id}" was terminated`)
  if (cause instanceof TimeoutFailure) throw new NoResultError('timedOut', `run "${id}" ran out of time`)
  throw new NoResultError('failed', `run "${id}" failed: ${deepest(cause ?? error)}`)
}

/** The innermost cause says what happened; those around it only where. */
function deepest(error: Error): string {
  let at: Error = error
  while (at.cause instanceof Error) at = at.cause
  return at.message
}
