// One Temporal server on the database file of a data directory: started, ready, known to have what runs need. It listens
// on loopback only, because a development server lets everybody do everything.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { databaseFile, lastPorts, logFile, rememberPorts, type ServerPorts } from './data-directory.js'
import { without } from './environment.js'
import { freePorts } from './ports.js'
import { isServing } from './server-http.js'

const READY_MS = 30_000
/** Between the choice of a port and the server's own use of it another program may take it. */
const TRIES = 5
/** Of each of the last lines of a log: the server's errors are whole call chains. */
const LINE_CHARACTERS = 400

export type TemporalServer = { child: ChildProcess; ports: ServerPorts; address: string; webUrl: string }

type Starting = { home: string; program: string; namespace: string; started: (child: ChildProcess) => void }

/**
 * Resolves when the server answers and has the namespace.
 * `started` is called as soon as there is a process. @throws Error with the end of the server's log
 */
export async function startServer(starting: Starting): Promise<TemporalServer> {
  for (let tries = 1; ; tries++) {
    try {
      return await startOn(await choosePorts(starting.home), starting)
    } catch (error) {
      if (!(error instanceof PortTakenError) || tries === TRIES) throw error
    }
  }
}

class PortTakenError extends Error {}

async function startOn(ports: ServerPorts, { home, program, namespace, started }: Starting): Promise<TemporalServer> {
  const log = logFile(home, 'server')
  const output = openSync(log, 'a')
  const from = statSync(log).size
  const child = spawn(program, serverArguments(home, namespace, ports), {
    stdio: ['ignore', output, output],
    env: without(process.env, 'TEMPORAL_', 'ANTHROPIC_'),
  })
  closeSync(output)
  const failed = new Promise<never>((_, reject) => child.once('error', reject))
  started(child)
  const lines = () => readFileSync(log).subarray(from).toString('utf8').trim().split('\n')
  await Promise.race([failed, ready(child, ports, namespace, () => endOf(lines(), log))]).catch((error) => {
    child.kill('SIGKILL')
    const taken = hasEnded(child) && lines().some((line) => line.includes('address already in use'))
    throw taken ? new PortTakenError(error.message) : error
  })
  rememberPorts(home, ports)
  return { child, ports, address: `127.0.0.1:${ports.grpc}`, webUrl: `http://127.0.0.1:${ports.ui}` }
}

async function choosePorts(home: string): Promise<ServerPorts> {
  const last = lastPorts(home)
  const wanted = [last.grpc ?? 0, last.ui ?? 0, last.http ?? 0, last.metrics ?? 0]
  const [grpc, ui, http, metrics] = (await freePorts(wanted)) as [number, number, number, number]
  return { grpc, ui, http, metrics }
}

/**
 * WAL with synchronous=2: what the server has acknowledged (an approval, a result) is on disk when the power fails.
 * synchronous=1 would make 200 calls of 2 s about 4 % faster and lose the last of it. Eager dispatch halves the time an
 * activity waits for its worker.
 */
function serverArguments(home: string, namespace: string, ports: ServerPorts): string[] {
  const args = ['server', 'start-dev', '--db-filename', databaseFile(home), '--ip', '127.0.0.1', '--log-level', 'warn']
  args.push('--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=2')
  args.push('--dynamic-config-value', 'system.enableActivityEagerExecution=true')
  args.push('--search-attribute', 'EnsembleWaiting=Bool', '--search-attribute', 'EnsembleUsd=Double')
  args.push('--port', String(ports.grpc), '--ui-port', String(ports.ui), '--http-port', String(ports.http))
  args.push('--metrics-port', String(ports.metrics), '--namespace', namespace)
  return [...args, '--disable-config-file', '--disable-config-env']
}

async function ready(child: ChildProcess, ports: ServerPorts, namespace: string, said: () => string): Promise<void> {
  const until = Date.now() + READY_MS
  for (;;) {
    const serves = await isServing(ports.http, namespace)
    // Asked second: what serves on the port of a server that has ended is somebody else's.
    if (hasEnded(child)) {
      throw new Error(`the Temporal server ended at its start (${child.exitCode ?? child.signalCode}): ${said()}`)
    }
    if (serves) return
    if (Date.now() > until) throw new Error(`the Temporal server did not answer in ${READY_MS / 1000} s: ${said()}`)
    await sleep(20)
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null

function endOf(lines: string[], log: string): string {
  const last = lines.slice(-3).map((line) => line.slice(-LINE_CHARACTERS))
  return `${last.join(' | ')} (${log})`
}
