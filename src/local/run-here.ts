// Runs one of our own programs in the foreground, for the commands that are nothing else: its output is the command's,
// a signal is passed on, and it ends with its parent.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** `simulator/main`, `workers/main` and `workers/replay` of the built code. */
export type Program = 'simulator/main' | 'workers/main' | 'workers/replay'

export type Running = {
  args?: string[]
  env?: NodeJS.ProcessEnv
  /** Given to it as standard input. */
  input?: string
}

/** Resolves with its exit code; 130 when a signal ended it. */
export async function runHere(program: Program, { args = [], env = process.env, input }: Running): Promise<number> {
  const main = fileURLToPath(new URL(`../${program}.js`, import.meta.url))
  const stdin = input === undefined ? 'ignore' : 'pipe'
  const child = spawn(process.execPath, [main, ...args], { stdio: [stdin, 'inherit', 'inherit', 'ipc'], env })
  child.stdin?.end(input)
  const pass = (signal: NodeJS.Signals) => void child.kill(signal)
  process.on('SIGINT', pass).on('SIGTERM', pass)
  try {
    return await new Promise<number>((done, failed) => {
      child.once('error', failed)
      child.once('exit', (code) => done(code ?? 130))
    })
  } finally {
    process.off('SIGINT', pass).off('SIGTERM', pass)
  }
}
