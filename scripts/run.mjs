// Runs a program with this terminal. Ctrl-C reaches the program from the terminal itself, so here it is only outlived;
// other ends are passed on.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/** The exit code as a shell has it; 128 + n after signal n. `options` as spawn takes them. */
export function run(program, args, options = {}) {
  const child = spawn(program, args, { stdio: 'inherit', ...options })
  const outlive = () => {}
  const passOn = (signal) => child.kill(signal)
  process.on('SIGINT', outlive).on('SIGTERM', passOn).on('SIGHUP', passOn)
  return new Promise((done, failed) => {
    child.once('error', (error) => failed(new Error(`${program}: ${error.message}`)))
    child.once('exit', (code, signal) => done(signal ? 128 + constants.signals[signal] : code))
  }).finally(() => {
    process.removeListener('SIGINT', outlive).removeListener('SIGTERM', passOn).removeListener('SIGHUP', passOn)
  })
}

/** Ends this script with the program's code when that is not 0. What the program prints goes to stderr. */
export async function must(program, args, options = {}) {
  const code = await run(program, args, { stdio: ['inherit', 2, 2], ...options })
  if (code !== 0) throw new Failed(`${program} ${args.join(' ')} ended with ${code}`, code)
}

export class Failed extends Error {
  constructor(message, code) {
    super(message)
    this.code = code
  }
}

/** For the top of a script: one line instead of a stack for what is expected to fail. */
export async function main(work) {
  try {
    process.exitCode = await work()
  } catch (error) {
    if (error instanceof Failed) console.error(error.message)
    else console.error(error)
    process.exitCode = error.code > 0 ? error.code : 1
  }
}
