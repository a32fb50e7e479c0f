// A run's history as JSON, for keeping and for replaying with the code of another day.
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { asking } from './errors.js'
import type { Server } from './server.js'

/** Throws RunNotFoundError, ConnectionError. */
export async function runHistory(server: Server, id: string): Promise<string> {
  const history = await asking({ server: server.address, run: id }, () =>
    server.client.workflow.getHandle(id).fetchHistory(),
  )
  return historyToJSON(history)
}
