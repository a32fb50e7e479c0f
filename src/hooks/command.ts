// A hook that is a command: it gets the event as JSON on standard input and answers by its exit code (0: go on, 2: block,
// with what it wrote to standard error as the reason) and, if it likes, by JSON on standard output.
import { type ChildProcess, spawn } from 'node:child_process'
import { allowedEnvironment, type Environment } from './environment.js'
import { type Heard, heard } from './reply.js'

export type CommandHook = { command: string; timeout: number }
export type HookRun = { text: string; cwd?: string; env: Environment; signal: AbortSignal }

const BLOCK = 2
const MAX_OUTPUT = 64 * 1024
/** Between being asked and being made to end. */
const GRACE_MS = 1_000

export function runCommand({ command, timeout }: CommandHook, { text, cwd, env, signal }: HookRun): Promise<Heard> {
  signal.throwIfAborted()
  return new Promise((done) => {
    const child = spawn('/bin/sh', ['-c', command], {
      env: allowedEnvironment(env),
      stdio: 'pipe',
      detached: true,
      ...(cwd !== undefined && { cwd }),
    })
    let stopped: string | undefined
    const timers: NodeJS.Timeout[] = []
    const stop = (why: string) => {
      stopped ??= why
      killGroup(child, 'SIGTERM')
      timers.push(setTimeout(() => killGroup(child, 'SIGKILL'), GRACE_MS))
    }
    const abort = () => stop('the run was stopped')
    timers.push(setTimeout(() => stop(`it took more than ${timeout} s`), timeout * 1000))
    signal.addEventListener('abort', abort, { once: true })
    const finish = (end: Heard) => {
      for (const timer of timers) clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      done(end)
    }
    const [out, err] = [collected(child.stdout), collected(child.stderr)]
    // A hook need not read what it is given.
    child.stdin.on('error', () => {})
    child.stdin.end(text)
    child.once('error', (error) => finish({ kind: 'failed', reason: error.message }))
    child.once('exit', () => {
      killGroup(child, 'SIGKILL')
      // What left the group may hold the pipes; nobody waits for that.
      timers.push(setTimeout(() => child.stdout.destroy() && child.stderr.destroy(), GRACE_MS))
    })
    child.once('close', (code, killedBy) => {
      if (stopped !== undefined) finish({ kind: 'failed', reason: stopped })
      else if (code === 0) finish(heard(out()))
      else if (code === BLOCK) finish({ kind: 'blocked', reason: err().trim() || 'it gave no reason' })
      else finish({ kind: 'failed', reason: `${killedBy ?? `exit code ${code}`}${err() && `: ${err().trim()}`}` })
    })
  })
}

function collected(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = []
  let bytes = 0
  stream.on('data', (chunk: Buffer) => {
    if (bytes < MAX_OUTPUT) chunks.push(chunk.subarray(0, MAX_OUTPUT - bytes))
    bytes += chunk.length
  })
  return () => Buffer.concat(chunks).toString('utf8')
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch (error) {
    // All of it has ended.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
