// The environment, read and checked once, so that no other file guesses at variables: what is wrong is refused here with
// one sentence that names what was got and what is wanted. Only main files and `connect` call this. A key is never part
// of any message.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { devNull, homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { loadClientConnectConfig } from '@temporalio/envconfig'
import { ConfigError } from './config/config-error.js'
import type { Environment } from './config/variables.js'
import { type WorkerConfig, workerConfig } from './config/worker.js'
import { TASK_QUEUE } from './contracts/names.js'

export { ConfigError } from './config/config-error.js'
export { VARIABLES } from './config/variables.js'

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

export type Config = {
  /** The data directory, absolute: ENSEMBLE_HOME, else `.ensemble` at the nearest package or git root. */
  home: string
  /** ENSEMBLE_TASK_QUEUE, else `ensemble`. */
  taskQueue: string
  /** TEMPORAL_NAMESPACE or that of the profile, else `default`. */
  namespace: string
  /** Absent when no address is configured: then a local server is found. */
  temporal?: TemporalConfig
  /** Without `apiKey` and `baseUrl` the model is the simulator. `source` names where the key was found. */
  model: { apiKey?: string; source?: string; baseUrl?: string }
  worker: WorkerConfig
}

/** @throws ConfigError */
export function loadConfig(env: Environment = process.env, cwd: string = process.cwd()): Config {
  const { namespace, temporal } = temporalConfig(env)
  return {
    home: homeOf(env, cwd),
    taskQueue: taskQueueOf(env),
    namespace,
    temporal,
    model: modelConfig(env, cwd),
    worker: workerConfig(env),
  }
}

function homeOf(env: Environment, cwd: string): string {
  const home = resolve(cwd, env.ENSEMBLE_HOME || join(projectRoot(cwd), '.ensemble'))
  if (existsSync(home) && !statSync(home).isDirectory()) {
    throw new ConfigError(`ENSEMBLE_HOME: ${home} is no directory; wanted a directory, or a path where one can be made`)
  }
  return home
}

/** The nearest directory upwards that holds a package or a git repository, or `cwd` itself. */
function projectRoot(cwd: string): string {
  for (let directory = resolve(cwd); ; directory = dirname(directory)) {
    if (['package.json', '.git'].some((name) => existsSync(join(directory, name)))) return directory
    if (directory === dirname(directory)) return cwd
  }
}

function taskQueueOf(env: Environment): string {
  const name = env.ENSEMBLE_TASK_QUEUE || TASK_QUEUE
  if (/^[\w.:/@-]{1,200}$/.test(name)) return name
  throw new ConfigError(
    `ENSEMBLE_TASK_QUEUE: got ${JSON.stringify(name)}; wanted 1 to 200 letters, digits or any of _ . : / @ -`,
  )
}

function temporalConfig(env: Environment): Pick<Config, 'namespace' | 'temporal'> {
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

function modelConfig(env: Environment, cwd: string): Config['model'] {
  const baseUrl = baseUrlOf(env)
  const key = env.ENSEMBLE_SIMULATED ? undefined : findKey(env, cwd)
  return { ...key, ...(baseUrl && { baseUrl }) }
}

function baseUrlOf(env: Environment): string | undefined {
  const url = env.ANTHROPIC_BASE_URL
  if (!url) return undefined
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url
  throw new ConfigError(`ANTHROPIC_BASE_URL: got ${JSON.stringify(url)}; wanted an http or https URL`)
}

type Key = { apiKey: string; source: string }

function findKey(env: Environment, cwd: string): Key | undefined {
  if (env.ANTHROPIC_API_KEY)
    return { apiKey: checkedKey(env.ANTHROPIC_API_KEY, 'ANTHROPIC_API_KEY'), source: 'ANTHROPIC_API_KEY' }
  const configured = join(env.HOME || homedir(), '.config', 'ensemble')
  const places = [
    [cwd, '.'],
    [configured, '~/.config/ensemble'],
  ] as const
  for (const [directory, shown] of places) {
    for (const name of ['ANTHROPIC_API_KEY.txt', 'API_CREDENTIALS.json'] as const) {
      const source = `${shown}/${name}`
      const text = keyFile(directory, name, source)
      if (text === undefined) continue
      return { apiKey: checkedKey(name.endsWith('.json') ? keyInJson(text, source) : text, source), source }
    }
  }
  return undefined
}

function keyFile(directory: string, name: string, source: string): string | undefined {
  const path = join(directory, name)
  if (!existsSync(path)) return undefined
  if (isTracked(directory, name)) {
    throw new ConfigError(
      `${source}: git tracks this file, so the key would be published; run "git rm --cached ${name}", add it to .gitignore and make a new key`,
    )
  }
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new ConfigError(
      `${source}: cannot be read: ${(error as Error).message}; wanted a text file that holds the key`,
    )
  }
}

/** Without git, or outside a repository, nothing is tracked. */
function isTracked(directory: string, name: string): boolean {
  try {
    const asked = ['-c', 'safe.directory=*', 'ls-files', '--error-unmatch', '--', name] // also in others' directories
    execFileSync('git', asked, { cwd: directory, stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function keyInJson(text: string, source: string): string {
  const wanted = 'wanted {"anthropic_api_key": "…"}'
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ConfigError(`${source}: no valid JSON; ${wanted}`) // the parser's message would quote the file
  }
  const key = value !== null && typeof value === 'object' && 'anthropic_api_key' in value && value.anthropic_api_key
  if (typeof key === 'string') return key
  throw new ConfigError(`${source}: holds no text under anthropic_api_key; ${wanted}`)
}

function checkedKey(text: string, source: string): string {
  const key = text.trim()
  if (/^[\x21-\x7e]+$/.test(key)) return key
  throw new ConfigError(`${source}: ${key ? 'is no key' : 'is empty'}; wanted the API key alone, on one line`)
}
