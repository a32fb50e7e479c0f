// What Temporal is told of a failed attempt. The journal counts the failures, because a retry policy cannot tell a 500
// from a 429 or a dead worker.
import { ApplicationFailure } from '@temporalio/activity'
import type { CallFailureDetails } from '../../contracts/call.js'
import type { Attempt } from '../../storage/journal.js'
import type { CallError } from './errors.js'
import { lostWarning, spentBy, wasNotMade } from './spent.js'
import type { AskRequest } from './through-journal.js'

/** Longest error message kept; an activity's failure holds at most 4 KiB. */
export const MESSAGE_CHARACTERS = 1000

/** Retry at once, after the server's own delay, or never again with all that is known. */
export function failureOf(
  request: AskRequest,
  error: CallError,
  attempts: Attempt[],
  warnings: string[],
): ApplicationFailure {
  const mine = attempts.filter((attempt) => attempt.run === request.run)
  const { lost, ...spent } = spentBy(request.run, attempts)
  const message = error.message.slice(0, MESSAGE_CHARACTERS)
  const why = error.retry ? exhausted(request, error, mine) : undefined
  const details: CallFailureDetails = {
    ...spent,
    ...(error.statusCode !== undefined && { statusCode: error.statusCode }),
    ...(error.requestId && { requestId: error.requestId }),
    warnings: [...warnings, ...lostWarning(lost)],
  }
  return ApplicationFailure.create({
    type: error.type,
    message: why ? `${message} (${why})` : message,
    nonRetryable: !error.retry || why !== undefined,
    ...(error.retryAfterMs !== undefined && { nextRetryDelay: delay(error.retryAfterMs) }),
    details: [details],
  })
}

/** Why a retryable failure is the last one; undefined while another attempt may follow. */
function exhausted(request: AskRequest, error: CallError, mine: Attempt[]): string | undefined {
  if (error.counted) {
    const failures = mine.filter((attempt) => attempt.counted).length
    return failures > request.maxRetries ? `given up after ${failures} failed requests` : undefined
  }
  // The time a person took to allow more money is no waiting for quota.
  const since = mine[mine.findLastIndex(wasNotMade) + 1]
  const waitedMs = Date.now() - (since?.startedAt ?? Date.now()) + (error.retryAfterMs ?? 0)
  return waitedMs > request.maxWaitSeconds * 1000 ? `given up after waiting ${request.maxWaitSeconds} s` : undefined
}

/** Never earlier than asked; a little later, so that a hundred callers do not return in the same instant. */
function delay(retryAfterMs: number): number {
  return Math.ceil(retryAfterMs * (1 + Math.random() * 0.1))
}
