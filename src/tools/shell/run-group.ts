// Runs a program as the leader of a process group of its own, and ends all of it: when its time is over, when a person
// stops the run, when it says, becomes or holds too much. First asked to end, then made to.
import { type ChildProcess, spawn } from 'node:child_process'
import { descendantsOf } from './descendants.js'
import { CappedOutput } from './output.js'
import { type Limits, type TooMuch, watch } from './watch.js'

export type GroupRun = {
  program: string
  args: string[]
  cwd: string
  env: Record<string, string>
  signal: AbortSignal
  limits: Limits
  /** Generations of processes that are only around the command: they are not asked to end, or they would end it. */
  around: number
  /** What the program writes to file descriptor 3. */
  status?: (text: string) => void
}

/** `ended`: why it was made to end; absent: it ended by itself. */
export type GroupEnd = {
  code: number | null
  killedBy: NodeJS.Signals | null
  output: string
  ended?: 'timeout' | 'aborted' | 'output' | TooMuch
}

/** Between being asked and being made to end. */
const GRACE_MS = 2_000

/** @throws when the program cannot be started, and when the signal was aborted before */
export function runGroup({ program, args, cwd, env, signal, limits, around, status }: GroupRun): Promise<GroupEnd> {
  signal.throwIfAborted()
  return new Promise((done, fail) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe', 'pipe'], detached: true })
    const output = new CappedOutput()
    const timers: NodeJS.Timeout[] = []
    let ended: GroupEnd['ended']
    const end = (why: NonNullable<GroupEnd['ended']>) => {
      if (ended) return
      ended = why
      if (why === 'timeout' || why === 'aborted') askToEnd(child, around, limits.processes)
      else killGroup(child)
      timers.push(setTimeout(() => killGroup(child), GRACE_MS))
    }
    const add = (chunk: Buffer) => {
      output.add(chunk)
      if (output.bytes > limits.outputBytes) end('output')
    }
    child.stdout?.on('data', add)
    child.stderr?.on('data', add)
    child.stdio[3]?.on('data', (chunk: Buffer) => status?.(chunk.toString('utf8')))
    const abort = () => end('aborted')
    signal.addEventListener('abort', abort, { once: true })
    timers.push(setTimeout(() => end('timeout'), limits.timeoutMs))
    const unwatch = child.pid === undefined ? () => {} : watch({ pid: child.pid, cwd, limits }, end)
    const over = () => {
      unwatch()
      for (const timer of timers) clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    }
    child.once('error', (error) => {
      over()
      fail(error)
    })
    child.once('exit', () => {
      unwatch()
      // What stayed behind in the group would go on, and hold the pipes open.
      killGroup(child)
      // What left the group may hold them, too; nobody waits for that.
      timers.push(setTimeout(() => destroyPipes(child), GRACE_MS))
    })
    child.once('close', (code, killedBy) => {
      over()
      done({ code, killedBy, output: output.text(), ...(ended && { ended }) })
    })
  })
}

function askToEnd(child: ChildProcess, around: number, atMost: number): void {
  if (child.pid === undefined) return
  for (const { pid, generation } of descendantsOf(child.pid, atMost)) if (generation >= around) kill(pid, 'SIGTERM')
}

function killGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) kill(-pid, 'SIGKILL')
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    // It has ended.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function destroyPipes(child: ChildProcess): void {
  for (const pipe of child.stdio) pipe?.destroy()
}
