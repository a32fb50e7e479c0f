// A keeper that was killed leaves its Temporal server running. Two servers on one database file break both, so before
// one is started every process that has this very file on its command line is found, whatever any record says.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { identityOf, isAlive, type ProcessIdentity } from '../process-identity.js'

/** What a server writes on its way down takes about a second. */
const END_MS = 10_000

export function serversOn(databaseFile: string): ProcessIdentity[] {
  const found = process.platform === 'linux' ? pidsOnLinux(databaseFile) : pidsByPs(databaseFile)
  return found.flatMap((pid) => identityOf(pid) ?? [])
}

/** Asks it to end, and after ten seconds makes it. */
export async function endProcess(target: ProcessIdentity): Promise<void> {
  const until = Date.now() + END_MS
  for (let signal: NodeJS.Signals | 0 = 'SIGTERM'; isAlive(target); signal = Date.now() < until ? 0 : 'SIGKILL') {
    send(target.pid, signal)
    await sleep(20)
  }
}

function send(pid: number, signal: NodeJS.Signals | 0): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function pidsOnLinux(databaseFile: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.filter((pid) => isServer(argumentsOf(pid), databaseFile)).map(Number)
}

function argumentsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return [] // ended just now
  }
}

const isServer = (args: string[], databaseFile: string) =>
  args.includes('start-dev') && args[args.indexOf('--db-filename') + 1] === databaseFile

function pidsByPs(databaseFile: string): number[] {
  const lines = execFileSync('ps', ['-axww', '-o', 'pid=,args='], { encoding: 'utf8' }).split('\n')
  const found = lines.filter((line) => line.includes('start-dev') && line.includes(`--db-filename ${databaseFile} `))
  return found.map((line) => Number.parseInt(line, 10))
}
