// Hosts a person's own workflows, activities, tools and hooks in their own process, beside ours: with our limits, our
// configuration and our way of ending.
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigError, loadConfig, loadSettings } from './config/index.js'
import type { HookFunction } from './hooks/function.js'
import { readRecord } from './local/data-directory.js'
import type { PermissionHandler } from './permissions/handler.js'
import type { Tool } from './tools/tool.js'
import { hostWorker } from './workers/host.js'

export { ConfigError } from './config/index.js'
export type { HookFunction } from './hooks/function.js'
export type { PermissionHandler } from './permissions/handler.js'
export { tool } from './tools/define.js'
export { OutcomeUnknown, type Tool, type ToolContext, type ToolOutput } from './tools/tool.js'

/** `taskQueue`: default ENSEMBLE_TASK_QUEUE, else "ensemble". Every worker of a queue must know the same workflows. */
export type WorkerOptions = {
  /** A file (.js or .ts) that exports workflows: a path, or `new URL('./workflows.js', import.meta.url)`. */
  workflowsPath?: string | URL
  /** Activities of your own, by name. */
  activities?: object
  /** Tools of your own: agents may have them by their names. */
  tools?: Tool[]
  /** What `permissions.handler` of an agent may name. */
  permissionHandlers?: Record<string, PermissionHandler>
  /** What hooks of type `function` may name. */
  hooks?: Record<string, HookFunction>
  taskQueue?: string
}

/**
 * Runs a worker until SIGTERM or SIGINT; then calls in flight have 30 s to end. It finds Temporal and the model as
 * `ensemble worker` does: by TEMPORAL_ADDRESS or a temporal.toml, and a key; without them by the `ensemble up` of this
 * data directory. Throws ConfigError, and Error when the workflows cannot be bundled or nobody answers.
 */
export async function runWorker({ workflowsPath, taskQueue, ...own }: WorkerOptions): Promise<void> {
  const config = loadConfig(taskQueue === undefined ? process.env : { ...process.env, ENSEMBLE_TASK_QUEUE: taskQueue })
  const local = readRecord(config.home)
  if (!config.temporal && local?.address)
    config.temporal = { address: local.address, namespace: config.namespace, source: config.home }
  if (config.model.apiKey === undefined && config.model.baseUrl === undefined) {
    if (local?.simulatorUrl === undefined)
      throw new ConfigError(
        'no API key: wanted ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL of a simulator, or an `ensemble up` here',
      )
    config.model = { baseUrl: local.simulatorUrl }
  }
  const path = workflowsPath instanceof URL ? fileURLToPath(workflowsPath) : workflowsPath && resolve(workflowsPath)
  const { settings } = await loadSettings()
  await hostWorker(config, settings, { ...own, ...(path !== undefined && { workflowsPath: path }) })
}
