// Programs of the cluster as processes of their own groups, so that an end reaches all of a program, as the end of a
// container does. Each writes a log that the error names when it ends too early.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { until } from '../support/until.js'

export type Program = {
  pid: number
  running(): boolean
  /** Sends the signal to the whole group; resolves with the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>
}

export type Start = {
  program: string
  args: string[]
  env?: NodeJS.ProcessEnv
  cwd: string
  log: string
  /** To run as another user. */
  as?: { uid: number; gid: number }
}

export function start({ program, args, env = {}, cwd, log, as }: Start): Program {
  const output = openSync(log, 'a')
  const options = { env: { PATH: process.env.PATH, ...env }, cwd, detached: true, ...as }
  const child = spawn(program, args, { ...options, stdio: ['ignore', output, output] })
  closeSync(output)
  const exited = new Promise<number | null>((done, failed) => {
    child.once('error', failed)
    child.once('exit', (code) => done(code))
  })
  exited.catch(() => {}) // whoever waits for it to be up or gone has it
  return {
    pid: child.pid ?? -1,
    running: () => isRunning(child),
    end(signal) {
      if (isRunning(child) && child.pid) process.kill(-child.pid, signal)
      return exited
    },
  }
}

/** Waits until it is up; its early end is an error that names the log. */
export function up(what: string, program: Program, log: string, probe: () => Promise<boolean>): Promise<boolean> {
  const asked = () => {
    if (!program.running()) throw new Error(`${what} ended at its start: see ${log}`)
    return probe()
  }
  return until(`${what} to be up`, asked, 90)
}

/** To its end; throws with what it printed when that is not 0. */
export function finish(options: Omit<Start, 'log'>): Promise<string> {
  const { program, args, env = {}, cwd, as } = options
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH, ...env },
    cwd,
    ...as,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (printed += text))
  return new Promise((done, failed) => {
    child.once('error', failed)
    child.once('close', (code) =>
      code === 0 ? done(printed) : failed(new Error(`${program} ${args.join(' ')} ended with ${code}:\n${printed}`)),
    )
  })
}

const isRunning = (child: ChildProcess) => child.exitCode === null && child.signalCode === null
