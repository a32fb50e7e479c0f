// What the library throws, by class, each with one line a person can act on. Temporal's own errors stop here: a caller
// should not need to know gRPC codes to tell "no such run" from "no server".
import {
  isGrpcDeadlineError,
  isGrpcServiceError,
  NamespaceNotFoundError,
  ServiceError,
  WorkflowNotFoundError,
} from '@temporalio/client'
import type { Usage, Usd } from '../contracts/usage.js'
import { GRPC } from './grpc-code.js'

/** The base of all of them; `name` is the class's own. */
export class EnsembleError extends Error {
  override get name(): string {
    return this.constructor.name
  }
}

/** The input, an id or a question is not acceptable; nothing was started. */
export class InvalidInputError extends EnsembleError {}

/** There is no run with this id on this server. */
export class RunNotFoundError extends EnsembleError {}

/** The server cannot be reached, or does not let us in. */
export class ConnectionError extends EnsembleError {}

/** An answer to an approval, or a message to a run, that does not count, and why. */
export class AnswerRefusedError extends EnsembleError {}

/** A thread does not take the message, and why: nothing of it was kept. */
export class MessageRefusedError extends EnsembleError {}

/** The thread takes no more messages. */
export class ThreadClosedError extends EnsembleError {}

/** A stored text or turn that this machine's store does not have; `ref` names it. */
export class NotStoredError extends EnsembleError {
  constructor(
    readonly ref: string,
    message: string,
  ) {
    super(message)
  }
}

/**
 * A turn of a thread got no answer. `type` is one of `FAILURE`, `statusCode` the API's; what it cost is in `details`.
 * The thread goes on: the next message is sent without this turn.
 */
export class TurnFailedError extends EnsembleError {
  readonly type: string
  readonly statusCode?: number
  constructor(
    error: { type: string; message: string; statusCode?: number },
    readonly details: { thread: string; turn: number; usage: Usage; usd: Usd; warnings: string[] },
  ) {
    super(`turn ${details.turn} of thread "${details.thread}" failed: ${error.type}: ${error.message}`)
    this.type = error.type
    if (error.statusCode !== undefined) this.statusCode = error.statusCode
  }
}

/** Nobody answered in time: no worker polls the run's task queue. */
export class NoWorkerError extends EnsembleError {}

/** The run is over (or was never one of ours) and has no result. */
export class NoResultError extends EnsembleError {
  constructor(
    readonly reason: 'cancelled' | 'terminated' | 'timedOut' | 'failed',
    message: string,
  ) {
    super(message)
  }
}

/** The model server refused the key before there was anything to have a result of. */
export class KeyRefusedError extends NoResultError {
  constructor(said: string) {
    super('failed', `the model server refused the key: ${said}`)
  }
}

/** Runs `work` for the run `id`; what the server says becomes one of the errors above. Bugs pass unchanged. */
export async function asking<T>(what: { server: string; run?: string }, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw translated(error, what)
  }
}

export function translated(error: unknown, what: { server: string; run?: string }): unknown {
  if (error instanceof EnsembleError) return error
  if (error instanceof WorkflowNotFoundError) return notFound(what, error.message)
  if (error instanceof NamespaceNotFoundError) {
    return new ConnectionError(`the server at ${what.server} has no namespace "${error.namespace}"`)
  }
  const grpc = grpcError(error)
  if (!grpc && isUnconnected(error))
    return new ConnectionError(`cannot reach the Temporal server at ${what.server}: no answer`)
  if (!grpc) return error
  const { code, details } = grpc
  if (code === GRPC.NOT_FOUND) return notFound(what, details)
  if (code === GRPC.PERMISSION_DENIED || code === GRPC.UNAUTHENTICATED) {
    return new ConnectionError(`the server at ${what.server} refused: ${details || 'no permission'}`)
  }
  if (code === GRPC.FAILED_PRECONDITION && /no poller/i.test(details))
    return new NoWorkerError(`no worker answers: ${details}`)
  if (code === GRPC.UNAVAILABLE || isLate(error)) {
    return new ConnectionError(`cannot reach the Temporal server at ${what.server}: ${details || 'no answer'}`)
  }
  return error
}

/** The server says "not found" for a message to a run that is over, too. */
function notFound(what: { server: string; run?: string }, said: string): EnsembleError {
  if (/already completed/i.test(said)) return new AnswerRefusedError(`run "${what.run ?? ''}" is over`)
  return new RunNotFoundError(`no run "${what.run ?? ''}" on the server at ${what.server}`)
}

/** The gRPC error itself, or the one an SDK error wraps. */
export function grpcError(error: unknown): { code: number; details: string } | undefined {
  if (isGrpcServiceError(error)) return error
  if (error instanceof ServiceError && isGrpcServiceError(error.cause)) return error.cause
  return undefined
}

/** Giving up on a connection that never came about is a plain error in gRPC: without a code, all there is are its words. */
function isUnconnected(error: unknown): boolean {
  return error instanceof Error && /^failed to connect before the deadline$/i.test(error.message)
}

/** A server that sees the deadline pass a moment before we do resets the request: to us that is a cancellation. */
export function isLate(error: unknown): boolean {
  const code = grpcError(error)?.code
  return code === GRPC.DEADLINE_EXCEEDED || code === GRPC.CANCELLED || isGrpcDeadlineError(error)
}
