// A worker as a process of its own, so that it can be killed, drained and counted apart from the command that started
// it. It holds a connection to the keeper: when the command is killed, the server stays until this worker has drained.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { closeSync, existsSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { KeeperLink } from './keeper/keeper-link.js'

const READY_MS = 60_000
/** The worker forces its own end after 60 s. */
const STOP_MS = 75_000
const LOGS_KEPT = 20

export type LocalWorker = {
  pid: number
  /** The file its log goes to. */
  log: string
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** SIGTERM; resolves when it has drained and ended. */
  stop(): Promise<void>
}

export type WorkerOptions = {
  home: string
  env: Record<string, string | undefined>
  cwd: string
  /** A connection of its own, handed over. */
  keeper?: KeeperLink
}

/** Resolves when it polls. @throws Error with the end of its log */
export async function startWorkerProcess({ home, env, cwd, keeper }: WorkerOptions): Promise<LocalWorker> {
  const main = fileURLToPath(new URL('../workers/main.js', import.meta.url))
  const draft = join(home, 'logs', `worker-${randomUUID()}.log`)
  const output = openSync(draft, 'a')
  const child = spawn(process.execPath, [main], {
    detached: true, // Ctrl-C on the terminal is for the command, which then lets its worker drain
    stdio: ['ignore', output, output, 'ipc', ...(keeper ? [keeper.socket] : [])],
    env,
    cwd,
  })
  closeSync(output)
  const log = child.pid ? join(home, 'logs', `worker-${child.pid}.log`) : draft
  renameSync(draft, log)
  dropOldLogs(home)
  const exited = new Promise<Awaited<LocalWorker['exited']>>((done) => {
    child.once('exit', (code, signal) => done({ code, signal }))
  })
  await ready(child, log).finally(() => keeper?.handOver())
  return { pid: child.pid!, log, exited, stop: () => stop(child, exited) }
}

function ready(child: ChildProcess, log: string): Promise<void> {
  const limit = setTimeout(() => child.kill('SIGKILL'), READY_MS)
  return new Promise<void>((done, failed) => {
    child.once('error', failed)
    child.once('message', () => done())
    child.once('exit', (code, signal) => {
      const ended = `the worker ended at its start with ${signal ?? code}`
      if (!existsSync(log)) return failed(new Error(`${ended}; its log ${log} was deleted`))
      const last = readFileSync(log, 'utf8').trim().split('\n').slice(-5).join('\n')
      failed(new Error(`${ended}; the end of ${log}:\n${last}`))
    })
  }).finally(() => clearTimeout(limit))
}

async function stop(child: ChildProcess, exited: LocalWorker['exited']): Promise<void> {
  const limit = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  child.kill('SIGTERM')
  await exited
  clearTimeout(limit)
}

function dropOldLogs(home: string): void {
  const directory = join(home, 'logs')
  const paths = readdirSync(directory).flatMap((name) =>
    /^worker-\d+\.log$/.test(name) ? [join(directory, name)] : [],
  )
  const newest = (path: string) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
  const old = paths.sort((a, b) => newest(b) - newest(a)).slice(LOGS_KEPT)
  for (const path of old) rmSync(path, { force: true })
}
