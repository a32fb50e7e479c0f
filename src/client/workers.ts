// Who would do the work: the server remembers who polled a task queue. It forgets only after minutes, so a worker that
// was killed a moment ago still counts here; following a run finds that out by its silence.
import { asking } from './errors.js'
import type { Server } from './server.js'

const FRESH_MS = 70_000 // a poll waits up to 60 s for work before it comes again

/** Identities of the workers that polled the queue for workflow tasks lately. Throws ConnectionError. */
export async function workersOn(server: Server): Promise<string[]> {
  const { client, namespace, taskQueue, address } = server
  const { pollers } = await asking({ server: address }, () =>
    client.workflowService.describeTaskQueue({ namespace, taskQueue: { name: taskQueue }, taskQueueType: 1 }),
  )
  const now = Date.now()
  return (pollers ?? [])
    .filter(({ lastAccessTime }) => now - Number(lastAccessTime?.seconds ?? 0) * 1000 < FRESH_MS)
    .map(({ identity }) => identity ?? '')
}
