// A real worker process from the built code, to be killed, terminated or cut off like any other.
import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

export type WorkerProcess = {
  pid: number
  /** kill -9. */
  kill(): Promise<void>
  /** SIGTERM; resolves with the exit code. */
  terminate(): Promise<number | null>
  exited: Promise<number | null>
  running(): boolean
}

const MAIN = new URL('../../dist/workers/main.js', import.meta.url).pathname

/** Resolves when it polls. `extra` adds to a clean environment: no key of the machine reaches it. `main`: instead of ours. */
export async function startWorker(
  env: { address: string; home: string; baseUrl: string; taskQueue?: string; cwd?: string; main?: string } & {
    extra?: NodeJS.ProcessEnv
  },
): Promise<WorkerProcess> {
  await mkdir(env.home, { recursive: true })
  const child = spawn(process.execPath, [env.main ?? MAIN], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    cwd: env.cwd ?? env.home,
    env: {
      PATH: process.env.PATH,
      HOME: env.home,
      TEMPORAL_ADDRESS: env.address,
      TEMPORAL_NAMESPACE: 'default',
      ENSEMBLE_HOME: env.home,
      ENSEMBLE_TASK_QUEUE: env.taskQueue ?? 'ensemble',
      ANTHROPIC_BASE_URL: env.baseUrl,
      ...env.extra,
    },
  })
  const log = createWriteStream(join(env.home, 'workers.log'), { flags: 'a' })
  child.stdout?.pipe(log, { end: false })
  child.stderr?.pipe(log, { end: false })
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  await Promise.race([
    ready(child),
    exited.then((code) =>
      Promise.reject(new Error(`the worker exited with ${code}: see ${join(env.home, 'workers.log')}`)),
    ),
  ])
  return {
    pid: child.pid ?? -1,
    exited,
    running: () => child.exitCode === null && child.signalCode === null,
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
    async terminate() {
      child.kill('SIGTERM')
      return exited
    },
  }
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.on('message', (message) => {
      if (typeof message === 'object' && message !== null && 'ready' in message) resolve()
    })
  })
}
