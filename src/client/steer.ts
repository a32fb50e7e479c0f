// How people steer a run: answers go as an update, because the one who answers must hear whether it counted; the rest
// are signals, because they must work while no worker is up.
import { randomUUID } from 'node:crypto'
import {
  ApplicationFailure,
  isGrpcDeadlineError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client'
import { type Decided, type Decision, decide, interrupt, pause, resume } from '../contracts/messages.js'
import { AnswerRefusedError, asking, NoWorkerError } from './errors.js'
import type { Server } from './server.js'

/**
 * `digest`: of exactly what is answered; without it the answer counts for the only open approval. `approval`: its name,
 * when several are open. `id`: the sender's own; a message sent again with the same id counts once.
 */
export type Answer = Omit<Decision, 'kind' | 'input'>
/** `input`: a patch of the run's input; null removes a field. */
export type Revision = Answer & { input?: Record<string, unknown> }
/** `input`: the answer, where a workflow asks for one. */
export type Approving = Answer & { input?: unknown }

type RaisedBudget = { kind: 'raiseBudget'; usd: number; by?: string; note?: string; id?: string }

const signals = { interrupt, pause, resume }

const ANSWER_MS = 30_000 // a worker under load answers within seconds; longer means there is none

/** Throws AnswerRefusedError with the run's reason, NoWorkerError after 30 s, RunNotFoundError, ConnectionError. */
export async function sendDecision(server: Server, id: string, decision: Decision | RaisedBudget): Promise<Decided> {
  const message = { ...decision, id: decision.id ?? randomUUID() }
  return asking({ server: server.address, run: id }, async () => {
    try {
      const handle = server.client.workflow.getHandle(id)
      return await server.client.withDeadline(Date.now() + ANSWER_MS, () =>
        handle.executeUpdate<Decided, [unknown]>(decide.name, { args: [message], updateId: message.id }),
      )
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError) throw refusal(error)
      if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcDeadlineError(error)) {
        throw new NoWorkerError(`no worker on task queue "${server.taskQueue}" took the answer within 30 s`)
      }
      throw error
    }
  })
}

function refusal(error: WorkflowUpdateFailedError): Error {
  const { cause } = error
  if (cause instanceof ApplicationFailure) return new AnswerRefusedError(cause.message)
  // The run ended with the answer on its way.
  return new AnswerRefusedError(`the answer was not taken: ${cause?.message ?? error.message}`)
}

/** `item`: of this item alone. Throws AnswerRefusedError when the run is over. */
export async function sendSignal(
  server: Server,
  id: string,
  name: keyof typeof signals,
  options: { item?: string; by?: string; id?: string } = {},
): Promise<void> {
  const message = { ...options, id: options.id ?? randomUUID() }
  await asking({ server: server.address, run: id }, () =>
    server.client.workflow.getHandle(id).signal(signals[name], message),
  )
}
