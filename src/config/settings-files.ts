// The files settings are read from, the weakest first: the user's, `.mcp.json` as other tools write it, the project's.
// They say what programs an agent may start, so a working directory is trusted like the scripts of its package.
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from './config-error.js'
import type { Layer } from './settings.js'
import type { Environment } from './variables.js'

/** @throws ConfigError */
export function settingsFiles(env: Environment, cwd: string): Layer[] {
  const user = join(env.HOME || homedir(), '.config', 'ensemble')
  return [
    ...fileAt(user, '~/.config/ensemble', 'config.json'),
    ...fileAt(cwd, '.', '.mcp.json').map(onlyServers),
    ...fileAt(cwd, '.', 'ensemble.config.json'),
  ]
}

function fileAt(directory: string, shown: string, name: string): Layer[] {
  const path = join(directory, name)
  const place = `${shown}/${name}`
  if (!existsSync(path)) return []
  return [{ place, given: parsed(textOf(path, place), place) }]
}

function textOf(path: string, place: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new ConfigError(`${place}: cannot be read: ${(error as Error).message}; wanted a JSON file`)
  }
}

/** The parser's message quotes the file, where a key may be: it is left out, but for the place. */
function parsed(text: string, place: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const at = /position (\d+)/.exec((error as Error).message)?.[1]
    const line = at === undefined ? '' : ` (line ${text.slice(0, Number(at)).split('\n').length})`
    throw new ConfigError(`${place}: got no valid JSON${line}; wanted one object of settings`)
  }
}

/** Other tools keep more in theirs. */
function onlyServers({ place, given }: Layer): Layer {
  const servers = given !== null && typeof given === 'object' && 'mcpServers' in given ? given.mcpServers : undefined
  if (servers === undefined)
    throw new ConfigError(`${place}: got no "mcpServers"; wanted {"mcpServers": {"name": {"command": "…"}}}`)
  return { place, given: { mcpServers: servers } }
}
