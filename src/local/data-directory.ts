// What the local room keeps in a data directory, and the one record other processes read: `server.json` says where the
// keeper listens and what it keeps. It holds the keeper's token, so only the user may read it, and it is always replaced
// whole.
import { randomUUID } from 'node:crypto'
import {
  accessSync,
  constants,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '../config/config-error.js'
import type { ProcessIdentity } from './process-identity.js'

/** TCP ports of one Temporal server, all on loopback. */
export type ServerPorts = { grpc: number; ui: number; http: number; metrics: number }

export type ServerRecord = {
  keeper: ProcessIdentity & { port: number; token: string }
  /** Of the server, once it answers. */
  address?: string
  webUrl?: string
  server?: ProcessIdentity
  /** What the server was started with. */
  program?: string
  simulatorUrl?: string
}

const LOG_BYTES = 5_000_000

/**
 * Makes the directory where it is missing; the path comes back without symbolic links, so that it is one name for all.
 * @throws ConfigError for one that cannot be made or written to
 */
export function openDataDirectory(home: string): string {
  try {
    mkdirSync(join(home, 'logs'), { recursive: true })
    for (const directory of [home, join(home, 'logs')]) accessSync(directory, constants.W_OK)
    return realpathSync(home)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new ConfigError(
      `the data directory ${home} cannot be used: ${message}; wanted one to write to (ENSEMBLE_HOME)`,
    )
  }
}

export const databaseFile = (home: string) => join(home, 'temporal.db')

/** undefined when there is none. */
export function readRecord(home: string): ServerRecord | undefined {
  return readJson(join(home, 'server.json')) as ServerRecord | undefined
}

export function writeRecord(home: string, record: ServerRecord): void {
  replaceFile(join(home, 'server.json'), record)
}

export function removeRecord(home: string): void {
  rmSync(join(home, 'server.json'), { force: true })
}

/** The ports used last, so that the Web UI keeps its address from one start to the next. */
export function lastPorts(home: string): Partial<ServerPorts> & { simulator?: number } {
  return readJson(join(home, 'ports.json')) ?? {}
}

export function rememberPorts(home: string, ports: Partial<ServerPorts> & { simulator?: number }): void {
  replaceFile(join(home, 'ports.json'), { ...lastPorts(home), ...ports })
}

/** The path of a log to append to; a large one is put aside first, and the one put aside before is dropped. */
export function logFile(home: string, name: string): string {
  const path = join(home, 'logs', `${name}.log`)
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LOG_BYTES) renameSync(path, `${path}.1`)
  return path
}

function replaceFile(path: string, value: unknown): void {
  const draft = `${path}.${randomUUID()}`
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
  renameSync(draft, path)
}

/** Every file here is replaced whole, so one that is cut was lost with the power, and its processes with it. */
function readJson(path: string): object | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
