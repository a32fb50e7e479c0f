// A worker takes its settings from the environment alone; here it gets exactly what its command has decided on: this
// server, this queue, and either the key or the simulator, whatever else lies about.
import { devNull } from 'node:os'
import type { Config, TemporalConfig } from '../config/index.js'
import { without } from './environment.js'

type Environment = Record<string, string | undefined>

export function workerEnvironment(options: {
  env: Environment
  config: Config
  home: string
  temporal: TemporalConfig
  /** Needed without a key and a base URL. */
  simulatorUrl?: string
}): Environment {
  const { env, config, home, temporal, simulatorUrl } = options
  return {
    ...temporalPart(env, config, temporal),
    ...modelPart(env, config.model, simulatorUrl),
    ENSEMBLE_HOME: home,
    ENSEMBLE_TASK_QUEUE: config.taskQueue,
  }
}

/** A found server is plain and local: nothing meant for another server may reach it. */
function temporalPart(env: Environment, config: Config, { address, namespace }: TemporalConfig): Environment {
  const place = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace }
  if (config.temporal) return { ...without(env, 'ANTHROPIC_'), ...place }
  return { ...without(env, 'ANTHROPIC_', 'TEMPORAL_'), ...place, TEMPORAL_CONFIG_FILE: devNull }
}

function modelPart(env: Environment, model: Config['model'], simulatorUrl: string | undefined): Environment {
  if (model.apiKey === undefined) return { ENSEMBLE_SIMULATED: '1', ANTHROPIC_BASE_URL: model.baseUrl ?? simulatorUrl }
  const rest = Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('ANTHROPIC_')))
  // A key in a file is read there by the worker itself, which runs in the same directory.
  const key = model.source === 'ANTHROPIC_API_KEY' ? { ANTHROPIC_API_KEY: model.apiKey } : {}
  return { ...rest, ...key, ...(model.baseUrl && { ANTHROPIC_BASE_URL: model.baseUrl }) }
}
