// What only a worker is told by its environment: how it logs, where it says that it is well, and as which version of which
// deployment it polls. `ensemble worker` sets these from its options.
import { ConfigError } from './config-error.js'
import type { Environment } from './variables.js'

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

export type WorkerConfig = {
  /** ENSEMBLE_LOG_LEVEL, else `info`. */
  logLevel: (typeof LEVELS)[number]
  /** ENSEMBLE_HEALTH_PORT: a port of 127.0.0.1; absent: nothing is served. */
  healthPort?: number
  /** ENSEMBLE_DEPLOYMENT and ENSEMBLE_BUILD_ID; absent: an unversioned worker. */
  deployment?: Deployment
}

/** `setCurrent`: ENSEMBLE_SET_CURRENT is set: make this version the current one. */
export type Deployment = { name: string; buildId: string; setCurrent: boolean }

/** @throws ConfigError */
export function workerConfig(env: Environment): WorkerConfig {
  const healthPort = healthPortOf(env)
  const deployment = deploymentOf(env)
  return { logLevel: logLevelOf(env), ...(healthPort && { healthPort }), ...(deployment && { deployment }) }
}

function logLevelOf({ ENSEMBLE_LOG_LEVEL: given }: Environment): WorkerConfig['logLevel'] {
  if (!given) return 'info'
  const level = LEVELS.find((each) => each === given)
  if (level) return level
  throw new ConfigError(`ENSEMBLE_LOG_LEVEL: got ${JSON.stringify(given)}; wanted one of ${LEVELS.join(', ')}`)
}

function healthPortOf({ ENSEMBLE_HEALTH_PORT: given }: Environment): number | undefined {
  if (!given) return undefined
  const port = Number(given)
  if (/^\d+$/.test(given) && port >= 1 && port <= 65_535) return port
  throw new ConfigError(`ENSEMBLE_HEALTH_PORT: got ${JSON.stringify(given)}; wanted a port from 1 to 65535`)
}

function deploymentOf(env: Environment): Deployment | undefined {
  const { ENSEMBLE_DEPLOYMENT: name, ENSEMBLE_BUILD_ID: buildId, ENSEMBLE_SET_CURRENT: current } = env
  if (!name && !buildId && current) {
    throw new ConfigError('got ENSEMBLE_SET_CURRENT alone; wanted ENSEMBLE_DEPLOYMENT and ENSEMBLE_BUILD_ID with it')
  }
  if (!name && !buildId) return undefined
  if (!name || !buildId) {
    throw new ConfigError(
      `got ${name ? 'ENSEMBLE_DEPLOYMENT' : 'ENSEMBLE_BUILD_ID'} alone; wanted both ENSEMBLE_DEPLOYMENT and ENSEMBLE_BUILD_ID, or none`,
    )
  }
  // Temporal writes a version as name and build id with a full stop between them.
  if (/^[\w-]{1,100}$/.test(name) && /^[\w.+-]{1,100}$/.test(buildId))
    return { name, buildId, setCurrent: Boolean(current) }
  throw new ConfigError(
    `ENSEMBLE_DEPLOYMENT, ENSEMBLE_BUILD_ID: got ${JSON.stringify(name)}, ${JSON.stringify(buildId)}; wanted letters, digits, _ and -, in a build id also . and +`,
  )
}
