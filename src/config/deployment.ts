// As which version of which deployment a worker polls. `ensemble worker` sets these from its options.
import { ConfigError } from './config-error.js'
import type { Environment } from './variables.js'

/** `setCurrent`: ENSEMBLE_SET_CURRENT is set: make this version the current one. */
export type Deployment = { name: string; buildId: string; setCurrent: boolean }

/** From ENSEMBLE_DEPLOYMENT and ENSEMBLE_BUILD_ID. @throws ConfigError */
export function deploymentOf(env: Environment): Deployment | undefined {
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
