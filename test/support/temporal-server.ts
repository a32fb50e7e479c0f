// A real Temporal server with a database file of its own, that can be killed and brought back on the same port.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { inject } from 'vitest'
import { isServing } from '../../src/local/server-http.js'
import { freePorts } from './ports.js'
import { until } from './until.js'

export type TestServer = {
  address: string
  port: number
  webUrl: string
  pid(): number
  /** kill -9; the database file stays. */
  kill(): Promise<void>
  /** Up again on the same port and file. */
  start(): Promise<void>
  stop(): Promise<void>
}

type ServerOptions = { searchAttributes?: boolean }

export async function startServer(dir: string, options: ServerOptions = {}): Promise<TestServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await serverOn(await freePorts(4), dir, options)
    } catch (error) {
      // Somebody took a port before the server did.
      if (!(error instanceof ServerExited) || attempt === 3) throw error
    }
  }
}

class ServerExited extends Error {}

async function serverOn(ports: number[], dir: string, options: ServerOptions): Promise<TestServer> {
  const program = inject('temporalProgram')
  const [port, uiPort, httpPort, metricsPort] = ports
  if (port === undefined || httpPort === undefined) throw new Error('the server wants four ports')
  const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--ui-ip', '127.0.0.1', '--log-level', 'error']
  args.push(
    '--port',
    `${port}`,
    '--ui-port',
    `${uiPort}`,
    '--http-port',
    `${httpPort}`,
    '--metrics-port',
    `${metricsPort}`,
  )
  args.push(
    '--db-filename',
    join(dir, 'temporal.db'),
    '--sqlite-pragma',
    'journal_mode=wal',
    '--sqlite-pragma',
    'synchronous=1',
  )
  args.push('--dynamic-config-value', 'system.enableActivityEagerExecution=true')
  if (options.searchAttributes ?? true)
    args.push('--search-attribute', 'EnsembleWaiting=Bool', '--search-attribute', 'EnsembleUsd=Double')
  let child: ChildProcess | undefined
  const start = async () => {
    const log = openSync(join(dir, 'server.log'), 'a')
    child = spawn(program, args, { stdio: ['ignore', log, log] })
    closeSync(log)
    const started = child
    await until(
      'the Temporal server to answer',
      () => {
        if (started.exitCode !== null)
          throw new ServerExited(`the Temporal server exited with ${started.exitCode}: see ${join(dir, 'server.log')}`)
        return isServing(httpPort, 'default')
      },
      60,
    )
  }
  const end = async (signal: NodeJS.Signals) => {
    const gone = child
    child = undefined
    if (!gone || gone.exitCode !== null) return
    const exited = new Promise((resolve) => gone.once('exit', resolve))
    gone.kill(signal)
    await exited
  }
  await start()
  return {
    address: `127.0.0.1:${port}`,
    port,
    webUrl: `http://127.0.0.1:${uiPort}`,
    pid: () => child?.pid ?? -1,
    kill: () => end('SIGKILL'),
    start,
    stop: () => end('SIGTERM'),
  }
}
