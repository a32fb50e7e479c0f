// A program beside the tests, in an environment of its own, to be listened to and killed like any other.
import { spawn } from 'node:child_process'
import type { Stage } from './stage.js'
import { until } from './until.js'

export type Program = {
  out(): string
  err(): string
  /** Waits until it has said this on standard error. */
  said(what: RegExp): Promise<void>
  signal(name: 'SIGINT' | 'SIGKILL'): void
  /** The exit code once all it said is here. */
  ended: Promise<number | null>
}

/** @param file where standard output goes, instead of to `out`. */
export function startProgram(main: string, args: string[], stage: Stage, file?: number): Program {
  const { home, server, simulator } = stage
  const child = spawn(process.execPath, [main, ...args], {
    cwd: home,
    env: {
      PATH: process.env.PATH,
      HOME: home,
      TEMPORAL_ADDRESS: server.address,
      ENSEMBLE_HOME: home,
      ANTHROPIC_BASE_URL: simulator.url,
    },
    stdio: ['ignore', file ?? 'pipe', 'pipe'],
  })
  let [out, err] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    out += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    err += text
  })
  return {
    out: () => out,
    err: () => err,
    said: (what) => until(`${args[0]} to say ${what}`, () => what.test(err)).then(() => undefined),
    signal: (name) => void child.kill(name),
    ended: new Promise((resolve) => child.once('close', resolve)),
  }
}
