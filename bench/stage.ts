// Server with a database file, simulator, our worker and the baseline's: each a process of its own, as in production.
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { mkdtempSync, openSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'

const ROOT = process.cwd()
const BASELINE = fileURLToPath(new URL('./baseline/worker.js', import.meta.url))

export type BenchStage = {
  home: string
  address: string
  url: string
  client: Client
  /** Replaces the simulator's script. */
  rules(rules: unknown[]): Promise<void>
  journal(): Promise<SimulatorJournal>
  reset(): Promise<void>
  startWorker(): Promise<{ pid: number; readyMs: number; stop(): Promise<void> }>
  startBaseline(): Promise<{ stop(): Promise<void> }>
  close(): Promise<void>
}

export type SimulatorJournal = {
  posts: number
  billable: number
  inFlight: number
  aborted: number
  requests: { at: number; promptHead: string; endedAt?: number; outcome: string; usage?: Record<string, number> }[]
}

/** `latency`: of the simulated models, by default none. `programs`: of the simulated programmers. */
export type StageOptions = { latency?: 'none' | 'real'; programs?: string }

export async function openStage(
  temporal: string,
  { latency = 'none', programs }: StageOptions = {},
): Promise<BenchStage> {
  const home = mkdtempSync(join(tmpdir(), 'ensemble-bench-'))
  const port = await freePort()
  const log = openSync(join(home, 'server.log'), 'a')
  const args = `server start-dev --headless --ip 127.0.0.1 --port ${port} --http-port ${await freePort()} --metrics-port ${await freePort()} --log-level error --sqlite-pragma journal_mode=wal --sqlite-pragma synchronous=1 --dynamic-config-value system.enableActivityEagerExecution=true`
  const server = spawn(temporal, [...args.split(' '), '--db-filename', join(home, 'temporal.db')], {
    stdio: ['ignore', log, log],
  })
  const asked = programs === undefined ? [] : ['--programs', programs]
  const simulator = spawn(process.execPath, [join(ROOT, 'dist/simulator/main.js'), '--latency', latency, ...asked], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const url = JSON.parse(await firstLine(simulator)).url as string
  const address = `127.0.0.1:${port}`
  const connection = await connect(address)
  const env = { PATH: process.env.PATH, HOME: home, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'default' }
  return {
    home,
    address,
    url,
    client: new Client({ connection }),
    rules: (rules) => put(`${url}/_simulator/rules`, rules),
    journal: async () => (await fetch(`${url}/_simulator/journal`)).json() as Promise<SimulatorJournal>,
    reset: async () => void (await fetch(`${url}/_simulator/journal`, { method: 'DELETE' })),
    async startWorker() {
      const began = performance.now()
      const child = fork(join(ROOT, 'dist/workers/main.js'), [], {
        stdio: ['ignore', log, log, 'ipc'],
        env: { ...env, ENSEMBLE_HOME: home, ANTHROPIC_BASE_URL: url },
      })
      await ready(child)
      return { pid: child.pid ?? -1, readyMs: performance.now() - began, stop: () => end(child) }
    },
    async startBaseline() {
      const child = fork(BASELINE, [address, url], { stdio: ['ignore', log, log, 'ipc'], env })
      await ready(child)
      return { stop: () => end(child) }
    },
    async close() {
      await connection.close()
      await Promise.all([end(simulator), end(server)])
      rmSync(home, { recursive: true, force: true })
    },
  }
}

async function put(url: string, body: unknown): Promise<void> {
  const response = await fetch(url, {
    method: 'PUT',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  })
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
}

async function connect(address: string): Promise<Connection> {
  for (let tries = 0; ; tries++) {
    try {
      const connection = await Connection.connect({ address })
      await connection.workflowService.describeNamespace({ namespace: 'default' })
      return connection
    } catch (error) {
      if (tries === 100) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('message', () => resolve())
    child.once('exit', (code) => reject(new Error(`a worker exited with ${code} before it was ready`)))
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  if (child.connected) child.disconnect()
  else child.kill('SIGTERM')
  await exited
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('\n')) resolve(text)
    })
  })
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
