// The model simulator as a process of its own. It prints its address as one JSON line and ends with its parent.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { logFile } from './data-directory.js'
import { without } from './environment.js'
import { freePorts } from './ports.js'

const READY_MS = 20_000

export type SimulatorProcess = { url: string; child: ChildProcess }

/** `port` is taken if it is free. What the simulator prints on stderr goes to `logs/simulator.log` of `home`. */
export async function startSimulator(options: { home: string; port?: number }): Promise<SimulatorProcess> {
  const [port] = await freePorts([options.port ?? 0])
  const main = fileURLToPath(new URL('../simulator/main.js', import.meta.url))
  const log = openSync(logFile(options.home, 'simulator'), 'a')
  const child = spawn(process.execPath, [main, '--port', String(port)], {
    stdio: ['ignore', 'pipe', log, 'ipc'],
    env: without(process.env, 'TEMPORAL_', 'ANTHROPIC_'),
  })
  closeSync(log)
  const limit = setTimeout(() => child.kill('SIGKILL'), READY_MS)
  try {
    return { url: await urlOf(child), child }
  } finally {
    clearTimeout(limit)
  }
}

function urlOf(child: ChildProcess): Promise<string> {
  return new Promise((done, failed) => {
    child.once('error', failed)
    child.once('exit', (code, signal) => failed(new Error(`the simulator ended at its start with ${signal ?? code}`)))
    createInterface({ input: child.stdout! }).once('line', (line) => {
      const { url } = JSON.parse(line) as { url?: unknown }
      if (typeof url === 'string') done(url)
      else failed(new Error(`the simulator printed ${line}; wanted {"url": …}`))
    })
  })
}
