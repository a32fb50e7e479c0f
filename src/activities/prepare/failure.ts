// What Temporal is told when an input cannot be prepared: a refusal is final, and so is what the API will never take.
import { ApplicationFailure } from '@temporalio/activity'
import { FAILURE } from '../../contracts/failures.js'
import { RepositoryError } from '../../git/code/repository.js'
import { classify } from '../call/errors.js'
import { InputError } from '../input-error.js'

/** Refused input and API errors by their type; anything else is a bug and stays what it is. */
export function toFailure(error: unknown): unknown {
  if (error instanceof InputError) return ApplicationFailure.nonRetryable(error.message, FAILURE.invalidInput)
  // What git refuses is said, not tried again and again.
  if (error instanceof RepositoryError) return ApplicationFailure.nonRetryable(error.message, FAILURE.invalidInput)
  if (error instanceof ApplicationFailure) return error
  const known = classify(error)
  if (!known) return error
  return ApplicationFailure.create({
    type: known.type,
    message: known.message,
    nonRetryable: !known.retry,
    ...(known.retryAfterMs !== undefined && { nextRetryDelay: known.retryAfterMs }),
  })
}
