// A fork begins as another thread was at the end of a turn: it names the chunk that turn is, so nothing is copied and no
// earlier turn is paid for again.
import { setTimeout as sleep } from 'node:timers/promises'
import { defaultPayloadConverter } from '@temporalio/client'
import type { ThreadInput } from '../../contracts/schemas/index.js'
import { asking, InvalidInputError } from '../errors.js'
import { runFacts } from '../facts.js'
import { awaitResult } from '../result.js'
import { checkRunId } from '../run-id.js'
import type { Server } from '../server.js'
import { startRun } from '../start.js'
import { headAt } from './conversation.js'
import { type Existing, existingThread } from './opening.js'
import { isShortened } from './options.js'

const PATIENCE_MS = 10_000
const LOOK_MS = 50

/** Returns when the fork is there; the same fork again when it was made before. `turn`: its newest ended one by default. */
export async function forkThread(server: Server, of: string, id: string, turn: number | undefined): Promise<void> {
  checkRunId(id)
  if (turn !== undefined && !(Number.isInteger(turn) && turn > 0)) {
    throw new InvalidInputError(`turn: got ${turn}; wanted the number of an ended turn of thread "${of}"`)
  }
  const existing = await existingThread(server, of)
  const head = await headAt(server, of, turn)
  const argument = { ...(await optionsOf(server, of, existing)), from: { root: existing.root, head } }
  await startRun(server, { workflow: 'thread', id, argument, summary: `thread · fork of ${of}` })
  await prepared(server, id)
}

/** Until a worker has looked at it, or none does: the fork is there all the same. Throws what it was refused for. */
async function prepared(server: Server, id: string): Promise<void> {
  const until = Date.now() + PATIENCE_MS
  while (Date.now() < until) {
    const { open, status } = await runFacts(server, id)
    if (!open) await awaitResult(server, id)
    if (status !== 'preparing') return
    await sleep(LOOK_MS)
  }
}

/** All that `of` was made with, long texts whole. */
async function optionsOf(server: Server, of: string, existing: Existing): Promise<Record<string, unknown>> {
  const { options, firstRunId } = existing
  if (options && !Object.values(options).some(isShortened)) return options
  const { task: _task, from: _from, ...whole } = await inputOf(server, of, firstRunId)
  return whole
}

/** As it stands in the first event of the thread's history. */
async function inputOf({ client, namespace, address }: Server, id: string, firstRunId: string): Promise<ThreadInput> {
  const { history } = await asking({ server: address, run: id }, () =>
    client.workflowService.getWorkflowExecutionHistory({
      namespace,
      execution: { workflowId: id, runId: firstRunId },
      maximumPageSize: 1,
    }),
  )
  const payload = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]
  return payload ? defaultPayloadConverter.fromPayload<ThreadInput>(payload) : {}
}
