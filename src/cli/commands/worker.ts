// `ensemble worker`: a worker in the foreground, its log on its own output, for a server that somebody set up. It never
// starts anything else.
import { Command } from 'commander'
import { loadConfig, loadSettings } from '../../config/index.js'
import { runHere } from '../../local/run-here.js'
import { EXIT, UsageError } from '../exit.js'
import { say } from '../output.js'
import { LOOKING, withSession } from '../session.js'

type Options = {
  healthPort?: string
  metricsPort?: string
  deployment?: string
  buildId?: string
  setCurrent?: boolean
  host?: string
}

function variablesOf({ host, healthPort, metricsPort, deployment, buildId, setCurrent }: Options) {
  return {
    ...(host !== undefined && { ENSEMBLE_HOST: host }),
    ...(healthPort !== undefined && { ENSEMBLE_HEALTH_PORT: healthPort }),
    ...(metricsPort !== undefined && { ENSEMBLE_METRICS_PORT: metricsPort }),
    ...(deployment !== undefined && { ENSEMBLE_DEPLOYMENT: deployment }),
    ...(buildId !== undefined && { ENSEMBLE_BUILD_ID: buildId }),
    ...(setCurrent && { ENSEMBLE_SET_CURRENT: '1' }),
  }
}

export function command(): Command {
  const worker = new Command('worker')
    .option('--health-port <n>', 'answer 200 on this port of 127.0.0.1 while it polls (ENSEMBLE_HEALTH_PORT)')
    .option('--metrics-port <n>', 'serve /metrics for Prometheus on this port of 127.0.0.1 (ENSEMBLE_METRICS_PORT)')
    .option('--deployment <name>', 'poll as a version of this worker deployment (ENSEMBLE_DEPLOYMENT)')
    .option('--build-id <id>', 'which version: a commit, a release (ENSEMBLE_BUILD_ID)')
    .option('--host <name>', 'serve the queue of this machine too: coding runs in its repositories (ENSEMBLE_HOST)')
    .option('--set-current', 'make that version the current one (ENSEMBLE_SET_CURRENT)')
  return worker.action(async (options: Options) => {
    // The options are names for variables, which the worker's process reads and checks.
    const given = { ...process.env, ...variablesOf(options) }
    const { model } = loadConfig(given)
    await loadSettings(given)
    if (model.apiKey === undefined && model.baseUrl === undefined) {
      throw new UsageError(
        'no API key: wanted ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL of a simulator (or `ensemble up`)',
      )
    }
    process.exitCode = await withSession(LOOKING, async ({ up, config }) => {
      say(`worker for task queue "${config.taskQueue}" of ${up.address}, namespace ${up.namespace}; Ctrl-C drains it`)
      const env = { ...given, TEMPORAL_ADDRESS: up.address, TEMPORAL_NAMESPACE: up.namespace }
      const code = await runHere('workers/main', { env: { ...env, ENSEMBLE_HOME: config.home } })
      return code === 130 ? EXIT.ok : code
    })
  })
}
