// Where the data of this place is, and which queue its runs are on.
import { existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { TASK_QUEUE } from '../contracts/names.js'
import { ConfigError } from './config-error.js'
import type { Environment } from './variables.js'

export function homeOf(env: Environment, cwd: string): string {
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

/** The machine's own queue, beside the common one: for what is bound to its files. */
export function hostOf({ ENSEMBLE_HOST: host }: Environment): string | undefined {
  if (!host) return undefined
  if (/^[\w.-]{1,100}$/.test(host)) return host
  throw new ConfigError(`ENSEMBLE_HOST: got ${JSON.stringify(host)}; wanted 1 to 100 letters, digits or any of _ . -`)
}

export function taskQueueOf(env: Environment): string {
  const name = env.ENSEMBLE_TASK_QUEUE || TASK_QUEUE
  if (/^[\w.:/@-]{1,200}$/.test(name)) return name
  throw new ConfigError(
    `ENSEMBLE_TASK_QUEUE: got ${JSON.stringify(name)}; wanted 1 to 200 letters, digits or any of _ . : / @ -`,
  )
}
