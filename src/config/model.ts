// Where the model is and the key to it: variables first, then files, which git must not track.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from './config-error.js'
import type { Environment } from './variables.js'

/** Without `apiKey` and `baseUrl` the model is the simulator. `source` names where the key was found. */
export type ModelConfig = { apiKey?: string; source?: string; baseUrl?: string }

export function modelConfig(env: Environment, cwd: string): ModelConfig {
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
