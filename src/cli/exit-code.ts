// Exit codes are a contract: scripts branch on them. One place that turns what happened into one of them.
import {
  AnswerRefusedError,
  ConnectionError,
  InvalidInputError,
  KeyRefusedError,
  MessageRefusedError,
  NoResultError,
  NotStoredError,
  NoWorkerError,
  RunNotFoundError,
  ThreadClosedError,
} from '../client/errors.js'
import { ConfigError } from '../config/index.js'
import { FAILURE } from '../contracts/failures.js'
import type { RunResult, RunStatus } from '../contracts/outcome.js'
import { NoServerError } from '../local/index.js'
import { EXIT } from './exit.js'

const BY_STATUS: Record<RunStatus, number> = {
  completed: EXIT.ok,
  planned: EXIT.ok,
  failed: EXIT.failed,
  rejected: EXIT.rejected,
  interrupted: EXIT.interrupted,
  partial: EXIT.partial,
}

export function exitOfResult(result: RunResult): number {
  return keyRefused(result) ? EXIT.connection : BY_STATUS[result.status]
}

/** The model server refused the key: no item can be other than failed, and every one says so. */
export function keyRefused({ status, items }: RunResult): boolean {
  return status === 'failed' && items.length > 0 && items.every(({ error }) => error?.type === FAILURE.authentication)
}

const REFUSALS = [InvalidInputError, AnswerRefusedError, MessageRefusedError, ThreadClosedError, ConfigError]

/** undefined: nothing a user could have caused. */
export function exitOfError(error: unknown): number | undefined {
  if (REFUSALS.some((refusal) => error instanceof refusal)) return EXIT.usage
  if (error instanceof ConnectionError || error instanceof NoWorkerError || error instanceof NoServerError) {
    return EXIT.connection
  }
  if (error instanceof RunNotFoundError || error instanceof NotStoredError) return EXIT.notFound
  if (error instanceof KeyRefusedError) return EXIT.connection
  if (!(error instanceof NoResultError)) return undefined
  return error.reason === 'cancelled' || error.reason === 'terminated' ? EXIT.interrupted : EXIT.failed
}
