// How a run is doing right now, from two places: the run's own report, by query (needs a worker), and its calls in
// flight, from their heartbeats, which the server knows without asking the run.
import { defaultPayloadConverter } from '@temporalio/client'
import type { QueryDefinition } from '@temporalio/common'
import type { CallProgress } from '../contracts/call.js'
import { type StatusReport, status } from '../contracts/messages.js'
import type { RunResult } from '../contracts/outcome.js'
import { asking, isLate, NoWorkerError } from './errors.js'
import type { Server } from './server.js'

const QUERY_MS = 5000 // far longer than an answer takes, and a server now and then loses one
const QUERIES = 2

/** Throws NoWorkerError when no worker answers within 10 s. */
export const askStatus = (server: Server, id: string): Promise<StatusReport> => askQuery(server, id, status)

/** As askStatus. */
export async function askQuery<T>(server: Server, id: string, query: QueryDefinition<T>): Promise<T> {
  return asking({ server: server.address, run: id }, async () => {
    const handle = server.client.workflow.getHandle(id)
    for (let asked = 0; asked < QUERIES; asked++) {
      try {
        return await server.client.withDeadline(Date.now() + QUERY_MS, () => handle.query(query))
      } catch (error) {
        if (!isLate(error)) throw error
      }
    }
    throw new NoWorkerError(`no worker on task queue "${server.taskQueue}" answers for run "${id}"`)
  })
}

/** The last heartbeat of every call in flight, by item. */
export async function callsInFlight(server: Server, id: string): Promise<Map<string, CallProgress>> {
  const { raw } = await asking({ server: server.address, run: id }, () =>
    server.client.workflow.getHandle(id).describe(),
  )
  const calls = new Map<string, CallProgress>()
  for (const { heartbeatDetails } of raw.pendingActivities ?? []) {
    const payload = heartbeatDetails?.payloads?.[0]
    const beat = payload && defaultPayloadConverter.fromPayload<Partial<CallProgress> | null>(payload)
    if (beat && typeof beat.item === 'string') {
      calls.set(beat.item, { item: beat.item, tokens: beat.tokens ?? 0, lastLine: beat.lastLine ?? '' })
    }
  }
  return calls
}

/** The report of a run that is over, told by its result: no worker is needed to look at an old run. */
export function reportOf(workflow: string, result: RunResult): StatusReport {
  const { status, usage, usd, savedUsd, items } = result
  return {
    workflow,
    status,
    warnings: [],
    approvals: [],
    items: items.map((item) => ({
      id: item.id,
      model: '',
      status: item.status,
      usd: item.usd,
      attempts: item.attempts,
      outputTokens: item.usage.outputTokens,
    })),
    usage,
    usd,
    savedUsd,
    refused: [],
  }
}
