// One question to a run's stream: what is new since an offset. It waits at the server's side until there is something,
// and whatever can go wrong on the way comes back as a value that says what to do.
import {
  ApplicationFailure,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client'
import {
  POLL_REFUSED,
  POLL_UPDATE,
  type Poll,
  type Polled,
  STREAM_WORKFLOW,
  streamIdOf,
  TEXT_TOPIC,
} from '../../contracts/stream.js'
import { ConnectionError, grpcError, translated } from '../errors.js'
import { GRPC } from '../grpc-code.js'
import type { Server } from '../server.js'

export type Asked =
  | { kind: 'polled'; polled: Polled }
  /** The offset is not kept any more, or never was. */
  | { kind: 'gone'; why: string }
  /** Continuing as new: ask again. */
  | { kind: 'again' }
  /** There is no such stream, or it ended meanwhile. */
  | { kind: 'absent' }
  | { kind: 'stopped' }
  | { kind: 'away'; error: ConnectionError }
  /** More ask at once than a server lets wait. */
  | { kind: 'busy' }

/** There from now on, if it was not. Throws ConnectionError. */
export async function startStream(server: Server, run: string, taskQueue: string): Promise<void> {
  try {
    await server.client.workflow.start(STREAM_WORKFLOW, {
      workflowId: streamIdOf(run),
      taskQueue,
      workflowIdConflictPolicy: 'USE_EXISTING',
    })
  } catch (error) {
    throw translated(error, { server: server.address })
  }
}

/** @param from 0: from the oldest kept. `wait`: until there is something. */
export async function pollStream(
  server: Server,
  run: string,
  { from, reader, wait, signal }: { from: number; reader: string; wait: boolean; signal: AbortSignal },
): Promise<Asked> {
  const asked: Poll = { topics: [TEXT_TOPIC], from_offset: from, reader, wait }
  const handle = server.client.workflow.getHandle(streamIdOf(run))
  try {
    const polled = await server.client.withAbortSignal(signal, () =>
      handle.executeUpdate<Polled, [Poll]>(POLL_UPDATE, { args: [asked] }),
    )
    return { kind: 'polled', polled }
  } catch (error) {
    if (signal.aborted) return { kind: 'stopped' }
    if (error instanceof WorkflowUpdateFailedError) return refused(error)
    if (error instanceof WorkflowNotFoundError) return { kind: 'absent' }
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return { kind: 'again' }
    if (grpcError(error)?.code === GRPC.RESOURCE_EXHAUSTED) return { kind: 'busy' }
    const known = translated(error, { server: server.address })
    if (known instanceof ConnectionError) return { kind: 'away', error: known }
    throw known
  }
}

function refused(error: WorkflowUpdateFailedError): Asked {
  const { cause } = error
  const type = cause instanceof ApplicationFailure ? cause.type : undefined
  if (type === POLL_REFUSED.truncated || type === POLL_REFUSED.senseless)
    return { kind: 'gone', why: cause?.message ?? '' }
  // Else the stream ended between the question and its answer.
  return type === POLL_REFUSED.draining ? { kind: 'again' } : { kind: 'absent' }
}
