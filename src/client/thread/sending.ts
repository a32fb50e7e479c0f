// Messages of one handle are taken in the order they were given, one after the other, however many are given at once: the
// server promises no order among updates that are under way together. What was not taken is sent again with the same id,
// so a message is one turn whatever happens on the way.
import { setTimeout as sleep } from 'node:timers/promises'
import {
  ApplicationFailure,
  isGrpcDeadlineError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client'
import { FAILURE } from '../../contracts/failures.js'
import { send } from '../../contracts/messages.js'
import type { Message, Sent } from '../../contracts/thread.js'
import { asking, grpcError, InvalidInputError, MessageRefusedError, NoWorkerError, translated } from '../errors.js'
import { SILENCE_MS, silence } from '../events.js'
import { GRPC } from '../grpc-code.js'
import type { Server } from '../server.js'
import { startRun } from '../start.js'
import { runSummary } from '../summary.js'
import { checkExisting, closed, findThread, startingThread } from './opening.js'

const ATTEMPT_MS = 10_000 // then it is sent again, with the same id
const GIVE_UP_MS = 60_000 // a server or a worker that restarts is back by then
const SOONEST_MS = 50
const LATEST_MS = 1000

/** `onWarning`: told once when nobody takes the message for some seconds. `before`: done when it is the message's turn. */
export type Delivering = {
  signal?: AbortSignal
  onWarning?: (message: string) => void
  before?: () => Promise<void>
}

export type Sending = {
  /** Resolves with the turn's number when the message is taken: durable, and answered some time. */
  send(message: Message & { id: string }, how?: Delivering): Promise<Sent>
  /** Something else that must keep its place among the messages. */
  inOrder<T>(work: () => Promise<T>): Promise<T>
  /** Whether the thread is there; throws InvalidInputError when it is not what was wanted, ThreadClosedError. */
  found(): Promise<boolean>
  /** Makes the thread unless it is there; throws as `found`. */
  ready(): Promise<void>
}

export function sending(server: Server, id: string, options: () => Promise<Record<string, unknown>>): Sending {
  let last: Promise<unknown> = Promise.resolve()
  let known = false
  const inOrder = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work)
    last = done.catch(() => undefined) // its caller hears of it; the next one goes on
    return done
  }
  const found = async (): Promise<boolean> => {
    if (known) return true
    const given = await options()
    const existing = await findThread(server, id)
    if (existing) await checkExisting(id, existing, given)
    known = existing !== undefined
    return known
  }
  const attempt = async (message: Message & { id: string }): Promise<Sent> => {
    const update = { args: [message] as [unknown], updateId: message.id }
    if (await found()) return server.client.workflow.getHandle(id).executeUpdate<Sent, [unknown]>(send.name, update)
    const startWorkflowOperation = await startingThread(server, id, await options())
    const sent = server.client.workflow.executeUpdateWithStart<(input: unknown) => Promise<unknown>, Sent, [unknown]>(
      send.name,
      { ...update, startWorkflowOperation },
    )
    // The thread may be made and the message not be taken yet, or refused: who awaits it below hears of that.
    sent.catch(() => undefined)
    known = await startWorkflowOperation.workflowHandle().then(
      () => true,
      () => false, // `sent` says why
    )
    if (known) await server.onStarted(id)
    return sent
  }
  const deliver = async (message: Message & { id: string }, signal?: AbortSignal): Promise<Sent> => {
    let since: number | undefined // it was last known that somebody is there
    for (let pause = SOONEST_MS; ; pause = Math.min(LATEST_MS, pause * 1.5)) {
      signal?.throwIfAborted()
      const began = Date.now()
      try {
        const within = () => server.client.withDeadline(began + ATTEMPT_MS, () => attempt(message))
        return await (signal ? server.client.withAbortSignal(signal, within) : within())
      } catch (error) {
        const next = afterwards(error)
        if (next === 'gone') known = false // looked up again: it may have ended, or never been there
        if (next === 'fail') throw failure(server, id, error)
        if (next === 'lost' || next === 'gone') since ??= began
        else since = undefined
        if (since !== undefined && Date.now() - since > GIVE_UP_MS) throw failure(server, id, error)
      }
      await sleep(pause, undefined, signal && { signal }).catch(() => signal?.throwIfAborted())
    }
  }
  const ready = () =>
    asking({ server: server.address, run: id }, async () => {
      if (await found()) return
      const argument = await options()
      await startRun(server, { workflow: 'thread', id, argument, summary: runSummary('thread', argument) })
    })
  const deliverOrWarn = async (
    message: Message & { id: string },
    { signal, onWarning, before }: Delivering,
  ): Promise<Sent> => {
    await before?.()
    const slow = setTimeout(() => onWarning?.(silence(server, 'the message waits')), SILENCE_MS)
    try {
      return await deliver(message, signal)
    } finally {
      clearTimeout(slow)
    }
  }
  return { send: (message, how = {}) => inOrder(() => deliverOrWarn(message, how)), inOrder, found, ready }
}

type Afterwards =
  /** Again, for as long as it takes: the thread says itself that it will be ready. */
  | 'again'
  /** Again, for a minute. */
  | 'lost'
  | 'gone'
  | 'fail'

function afterwards(error: unknown): Afterwards {
  if (error instanceof WorkflowUpdateFailedError) {
    const type = error.cause instanceof ApplicationFailure ? error.cause.type : undefined
    if (type === FAILURE.continuing) return 'again'
    // The server's own word for an update that was on its way as the execution ended, or continued.
    return type === 'AcceptedUpdateCompletedWorkflow' ? 'gone' : 'fail'
  }
  if (error instanceof WorkflowExecutionAlreadyStartedError) return 'again' // somebody else made the thread
  if (error instanceof WorkflowNotFoundError) return 'gone'
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcDeadlineError(error)) return 'lost'
  const code = grpcError(error)?.code
  if (code === GRPC.RESOURCE_EXHAUSTED || code === GRPC.ABORTED) return 'again'
  return code === GRPC.UNAVAILABLE || code === GRPC.FAILED_PRECONDITION ? 'lost' : 'fail'
}

function failure(server: Server, id: string, error: unknown): unknown {
  if (error instanceof WorkflowUpdateFailedError) {
    const { cause } = error
    const type = cause instanceof ApplicationFailure ? cause.type : undefined
    if (type === FAILURE.threadClosed) return closed(id)
    if (type === FAILURE.invalidInput) return new InvalidInputError(cause?.message)
    return new MessageRefusedError(`thread "${id}": ${cause?.message ?? error.message}`)
  }
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcDeadlineError(error)) {
    return new NoWorkerError(
      `no worker on task queue "${server.taskQueue}" took the message within ${GIVE_UP_MS / 1000} s: ` +
        'it may be sent again with the same id',
    )
  }
  const grpc = grpcError(error)
  if (grpc?.code === GRPC.FAILED_PRECONDITION) {
    return new NoWorkerError(`no worker can go on with thread "${id}" right now: ${grpc.details}`)
  }
  return translated(error, { server: server.address, run: id })
}
