// Which Temporal server is meant, when one is: variables, or a profile of a temporal.toml.
import { devNull } from 'node:os'
import { loadClientConnectConfig } from '@temporalio/envconfig'
import { ConfigError } from './config-error.js'
import type { Environment } from './variables.js'

/** How to reach a Temporal server that somebody else runs; `tls`, `apiKey`, `metadata` as the SDK's connections take them. */
export type TemporalConfig = Pick<
  ReturnType<typeof loadClientConnectConfig>['connectionOptions'],
  'tls' | 'apiKey' | 'metadata'
> & {
  address: string
  namespace: string
  /** Where the address came from: `TEMPORAL_ADDRESS`, or the profile of a temporal.toml. */
  source: string
}

export function temporalConfig(env: Environment): { namespace: string; temporal?: TemporalConfig } {
  const { connectionOptions, namespace = 'default' } = profileOf(env)
  const { address, tls, apiKey, metadata } = connectionOptions
  if (!address) return { namespace }
  const source = env.TEMPORAL_ADDRESS ? 'TEMPORAL_ADDRESS' : `profile ${env.TEMPORAL_PROFILE || 'default'}`
  if (!/^[^\s/]+:\d{1,5}$/.test(address)) {
    throw new ConfigError(`${source}: got the address ${JSON.stringify(address)}; wanted host:port`)
  }
  return { namespace, temporal: { address, namespace, tls, apiKey, metadata, source } }
}

function profileOf(env: Environment) {
  const set = Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]))
  try {
    // The null device stands for "no file"; the loader itself fails on an empty one.
    return loadClientConnectConfig({
      overrideEnvVars: Object.fromEntries(set),
      disableFile: env.TEMPORAL_CONFIG_FILE === devNull,
    })
  } catch (error) {
    throw new ConfigError(`the Temporal configuration cannot be used: ${(error as Error).message}`)
  }
}
