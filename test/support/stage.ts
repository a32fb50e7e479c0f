// Everything a run needs, real and on loopback: a Temporal server, worker processes, the simulator. One stage serves a
// test file; each test uses run ids and prompts of its own.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Connection, type WorkflowHandle } from '@temporalio/client'
import type { StatusReport } from '../../src/contracts/messages.js'
import { startSimulator } from '../../src/simulator/index.js'
import { startServer, type TestServer } from './temporal-server.js'
import { until } from './until.js'
import { startWorker, type WorkerProcess } from './worker-process.js'

export type Stage = {
  home: string
  server: TestServer
  simulator: Awaited<ReturnType<typeof startSimulator>>
  client: Client
  workers: WorkerProcess[]
  /** Another worker; `address` when it shall reach the server another way (a proxy). */
  addWorker(options?: {
    address?: string
    baseUrl?: string
    taskQueue?: string
    home?: string
    cwd?: string
    /** A person's own program, instead of ours. */
    main?: string
    env?: NodeJS.ProcessEnv
  }): Promise<WorkerProcess>
  /** Starts a run as a foreign program would: by name, with plain JSON. */
  start(workflow: string, input: unknown, options?: { id?: string; taskQueue?: string }): Promise<WorkflowHandle>
  status(handle: WorkflowHandle): Promise<StatusReport>
  /** Waits until the run's status is one of these. */
  reach(handle: WorkflowHandle, ...states: string[]): Promise<StatusReport>
  close(): Promise<void>
}

export async function openStage(
  options: { workers?: number; searchAttributes?: boolean; programs?: string; latency?: 'real' } = {},
): Promise<Stage> {
  const home = await mkdtemp(join(tmpdir(), 'ensemble-stage-'))
  const { programs, latency = 'none' } = options
  const [server, simulator] = await Promise.all([
    startServer(home, options),
    startSimulator({ latency, ...(programs !== undefined && { programs }) }),
  ])
  const connection = await Connection.connect({ address: server.address })
  const client = new Client({ connection })
  const workers: WorkerProcess[] = []
  let runs = 0
  const stage: Stage = {
    home,
    server,
    simulator,
    client,
    workers,
    async addWorker(worker = {}) {
      const { address = server.address, baseUrl = simulator.url, home: own = home, taskQueue, cwd, main, env } = worker
      const started = await startWorker({
        address,
        baseUrl,
        home: own,
        ...(taskQueue && { taskQueue }),
        ...(cwd && { cwd }),
        ...(main && { main }),
        ...(env && { extra: env }),
      })
      workers.push(started)
      return started
    },
    start: (workflow, input, { id, taskQueue = 'ensemble' } = {}) =>
      client.workflow.start(workflow, {
        taskQueue,
        workflowId: id ?? `${workflow}-${Date.now().toString(36)}-${++runs}`,
        args: [input],
      }),
    status: (handle) => handle.query<StatusReport>('status'),
    reach: (handle, ...states) =>
      until(`${handle.workflowId} to be ${states.join(' or ')}`, async () => {
        const status = await handle.query<StatusReport>('status')
        return states.includes(status.status) && status
      }),
    async close() {
      await Promise.all(workers.filter((worker) => worker.running()).map((worker) => worker.kill()))
      await connection.close()
      await simulator.close()
      // Its data goes with it: there is nothing to end well.
      await server.kill()
      await rm(home, { recursive: true, force: true })
    },
  }
  try {
    for (let count = options.workers ?? 1; count > 0; count--) await stage.addWorker()
  } catch (error) {
    // Nothing stays behind but the logs, which the error names.
    await Promise.all([server.kill(), simulator.close(), connection.close()])
    throw error
  }
  return stage
}
