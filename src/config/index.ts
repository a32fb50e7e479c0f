// Where everything is: read from the environment and checked once, so that no other file guesses at variables. What is
// wrong is refused here with one sentence that names what was got and what is wanted; a key is never part of any message.
// What agents and workers do by default is apart, in settings.ts. Only main files and `connect` call either.
import { resolve } from 'node:path'
import { type Deployment, deploymentOf } from './deployment.js'
import { homeOf, hostOf, taskQueueOf } from './home.js'
import { type ModelConfig, modelConfig } from './model.js'
import { type TemporalConfig, temporalConfig } from './temporal.js'
import type { Environment } from './variables.js'

export { ConfigError } from './config-error.js'
export type { Settings } from './defaults.js'
export { type LoadedSettings, loadSettings } from './settings.js'
export type { TemporalConfig } from './temporal.js'
export { VARIABLES } from './variables.js'

export type Config = {
  /** The data directory, absolute: ENSEMBLE_HOME, else `.ensemble` at the nearest package or git root. */
  home: string
  /** ENSEMBLE_TASK_QUEUE, else `ensemble`. */
  taskQueue: string
  /** ENSEMBLE_HOST: the machine by a name of its own; its worker serves the queue of that name too, see hostQueue. */
  host?: string
  /** TEMPORAL_NAMESPACE or that of the profile, else `default`. */
  namespace: string
  /** Absent when no address is configured: then a local server is found. */
  temporal?: TemporalConfig
  model: ModelConfig
  /** Which version of which deployment a worker polls as; absent: an unversioned one. */
  deployment?: Deployment
  /** ENSEMBLE_AGENT_SDK: the directory, absolute, in which the Claude Agent SDK is installed; absent: beside this package. */
  agentSdk?: string
}

/** @throws ConfigError */
export function loadConfig(env: Environment = process.env, cwd: string = process.cwd()): Config {
  const { namespace, temporal } = temporalConfig(env)
  const host = hostOf(env)
  const deployment = deploymentOf(env)
  return {
    home: homeOf(env, cwd),
    taskQueue: taskQueueOf(env),
    ...(host !== undefined && { host }),
    namespace,
    temporal,
    model: modelConfig(env, cwd),
    ...(deployment && { deployment }),
    ...(env.ENSEMBLE_AGENT_SDK && { agentSdk: resolve(cwd, env.ENSEMBLE_AGENT_SDK) }),
  }
}
