// Settings that are one word or number can be given by variables, which is also how a command's flags reach its worker.

import { nearNames } from '../contracts/nearest.js'
import { ConfigError } from './config-error.js'
import type { Layer } from './settings.js'
import { type Environment, VARIABLES } from './variables.js'

const text = (given: string): unknown => given
const number = (given: string): unknown =>
  given.trim() !== '' && Number.isFinite(Number(given)) ? Number(given) : given
const yesOrNo = (given: string): unknown =>
  ({ '1': true, true: true, yes: true, '0': false, false: false, no: false })[given.toLowerCase()] ?? given
const list = (given: string): unknown => given.split(',').map((name) => name.trim())

const KEYS = {
  ENSEMBLE_MODEL: ['model', text],
  ENSEMBLE_MAX_TOKENS: ['maxTokens', number],
  ENSEMBLE_PERMISSION_MODE: ['permissionMode', text],
  ENSEMBLE_APPROVAL_FOR_WRITES: ['approvalForWrites', yesOrNo],
  ENSEMBLE_AUDIT: ['audit', yesOrNo],
  ENSEMBLE_TIMEOUT_SECONDS: ['timeoutSeconds', number],
  ENSEMBLE_MAX_RETRIES: ['maxRetries', number],
  ENSEMBLE_APPROVERS: ['approvers', list],
  ENSEMBLE_ALLOW_UNSANDBOXED: ['sandbox.allowUnsandboxed', yesOrNo],
  ENSEMBLE_ALLOW_OLD_BUBBLEWRAP: ['sandbox.allowOldBubblewrap', yesOrNo],
  ENSEMBLE_METRICS_PORT: ['metricsPort', number],
  ENSEMBLE_HEALTH_PORT: ['healthPort', number],
  ENSEMBLE_LOG_LEVEL: ['logLevel', text],
} as const satisfies { [Name in keyof Environment]: readonly [string, (given: string) => unknown] }

/** One layer for each variable, so that what is wrong with it is said by its name. @throws ConfigError */
export function fromEnvironment(env: Environment): Layer[] {
  refuseMisspelt(env)
  const names = Object.keys(KEYS) as (keyof typeof KEYS)[]
  return names.flatMap((place) => {
    const [path, read] = KEYS[place]
    const given = env[place]
    if (!given) return []
    const [key = '', inner] = path.split('.')
    return [{ place, given: { [key]: inner === undefined ? read(given) : { [inner]: read(given) } } }]
  })
}

/** Other variables that begin like ours are somebody else's, unless they differ from ours by a slip. */
function refuseMisspelt(env: Environment): void {
  for (const name of Object.keys(env)) {
    if (!name.startsWith('ENSEMBLE_') || VARIABLES.some((known) => known === name)) continue
    const [meant] = nearNames(name, VARIABLES)
    if (meant) throw new ConfigError(`${name}: got a variable nobody reads; wanted ${meant}?`)
  }
}
