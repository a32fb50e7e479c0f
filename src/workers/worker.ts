// One worker: the bundle, the activities with what they work with, and every limit that was measured. Hosts call this;
// the process around it is main.ts.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker'
import type { Kept } from '../activities/call/answer.js'
import { createClaude } from '../activities/claude.js'
import { createActivities } from '../activities/index.js'
import { openMetrics } from '../activities/metrics.js'
import { storedRequests } from '../activities/requests.js'
import { openStreams } from '../activities/stream/streams.js'
import { auditLog } from '../audit/log.js'
import { secretsOf } from '../audit/redact.js'
import type { Config, Settings } from '../config/index.js'
import { hostQueue } from '../contracts/names.js'
import type { HookFunction } from '../hooks/function.js'
import { openMcpPool } from '../mcp/pool.js'
import type { PermissionHandler } from '../permissions/handler.js'
import { fileLocks } from '../storage/file-lock.js'
import { openJournal } from '../storage/journal.js'
import { directoryStore } from '../storage/store.js'
import { builtinTools } from '../tools/index.js'
import type { Tool } from '../tools/tool.js'
import { activityLog } from './activity-log.js'
import { BUNDLE_PATH, buildBundle } from './bundle.js'
import { engineOf } from './engine.js'
import { buildOwnBundle } from './own-bundle.js'

export type HostedWorker = { state(): string; shutdown(): void; run(): Promise<void> }

/** What a person brings, hosted beside ours. */
export type OwnCode = {
  workflowsPath?: string
  activities?: object
  tools?: Tool[]
  permissionHandlers?: Record<string, PermissionHandler>
  hooks?: Record<string, HookFunction>
}

export type WorkerSettings = {
  connection: NativeConnection
  namespace: string
  config: Config
  settings: Settings
  own?: OwnCode
}

export async function createWorker({
  connection,
  namespace,
  config,
  settings,
  own,
}: WorkerSettings): Promise<HostedWorker> {
  const workflowBundle = own?.workflowsPath ? { code: await buildOwnBundle(own.workflowsPath) } : await ourBundle()
  // One directory for both, so that gc removes a run's answers with the run.
  const dir = join(config.home, 'store')
  const store = directoryStore(dir)
  const journal = await openJournal<Kept>({ dir })
  const claude = createClaude(config.model)
  const mcp = openMcpPool({ env: process.env, cwd: process.cwd() })
  const { apiKey } = config.model
  const secrets = secretsOf(process.env, apiKey === undefined ? [] : [apiKey])
  const deps = {
    claude,
    store,
    requests: storedRequests(store),
    journal,
    streams: openStreams(),
    settings,
    tools: withOwnTools(
      builtinTools({
        // Each run says for itself.
        allowUnsandboxed: false,
        allowOldBubblewrap: settings.sandbox.allowOldBubblewrap,
        webFetch: settings.webFetch,
        env: process.env,
        hidden: [config.home],
        changesDir: join(config.home, 'changes'),
      }),
      own?.tools,
    ),
    hookFunctions: own?.hooks ?? {},
    env: process.env,
    metrics: openMetrics(Runtime.instance().metricMeter),
    mcp,
    secrets,
    audit: auditLog({ dir, locked: fileLocks() }),
    permissionHandlers: own?.permissionHandlers ?? {},
    engine: engineOf(config, process.env),
    home: config.home,
    ...(config.host !== undefined && { hostQueue: hostQueue(config.taskQueue, config.host) }),
  }
  const options = {
    connection,
    namespace,
    ...versioning(config.deployment),
    workflowBundle,
    interceptors: { activity: [activityLog] },
    activities: withOwn(createActivities(deps), own?.activities),
    // Calls mostly wait for the network; what bounds them is each run's own concurrency.
    maxConcurrentActivityTaskExecutions: 500,
    // A run's first calls start with its workflow task instead of through the queue.
    maxEagerActivityReservationsPerWorkflowTask: 100,
    // 500 waiting runs took 377 MB with all of them cached, 315 MB with a hundred; the rest is replayed when it wakes.
    maxCachedWorkflows: 100,
    // An interruption reaches a call with a heartbeat's answer: at 1 s the slowest of 400 took 1,019 ms, at 500 ms 542.
    maxHeartbeatThrottleInterval: '500ms',
    defaultHeartbeatThrottleInterval: '500ms',
    // Calls in flight are paid for: most end within half a minute. What does not is aborted and repeated elsewhere.
    shutdownGraceTime: '30s',
    shutdownForceTime: '60s',
  } satisfies Omit<WorkerOptions, 'taskQueue'>
  const { taskQueue, host } = config
  const queues = [taskQueue, ...(host === undefined ? [] : [hostQueue(taskQueue, host)])]
  const workers = await Promise.all(queues.map((queue) => Worker.create({ ...options, taskQueue: queue })))
  const [first] = workers
  return {
    state: () => workers.find((worker) => worker.getState() !== 'RUNNING')?.getState() ?? first?.getState() ?? 'FAILED',
    shutdown: () => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown()
    },
    async run() {
      try {
        await Promise.all(workers.map((worker) => worker.run()))
      } finally {
        await Promise.all([journal.close(), mcp.close()])
      }
    },
  }
}

/**
 * A run ends on the code it began with; what lives longer than a deployment (threads) names AUTO_UPGRADE itself. Unversioned
 * unless told: a pinned run whose build is gone waits for ever.
 */
function versioning(deployment: Config['deployment']): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  if (!deployment) return {}
  const version = { deploymentName: deployment.name, buildId: deployment.buildId }
  return {
    workerDeploymentOptions: { version, useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' },
  }
}

async function ourBundle() {
  return existsSync(BUNDLE_PATH) ? { codePath: BUNDLE_PATH } : { code: await buildBundle() }
}

function withOwnTools(ours: Tool[], theirs: Tool[] = []): Tool[] {
  const names = [...ours, ...theirs].map(({ name }) => name)
  const twice = names.filter((name, at) => names.indexOf(name) !== at)
  if (twice.length > 0) throw new Error(`tools: ${twice.join(', ')}: there is one of that name already`)
  return [...ours, ...theirs]
}

function withOwn(ours: object, theirs: object = {}): object {
  const taken = Object.keys(theirs).filter((name) => name in ours)
  if (taken.length > 0) throw new Error(`activities: ${taken.join(', ')} are names of Ensemble's own: rename yours`)
  return { ...ours, ...theirs }
}
