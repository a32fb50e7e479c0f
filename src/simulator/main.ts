// The simulator as a process: prints one JSON line with its address, serves until it is told to stop. Started with an
// IPC channel it also ends with its parent, whatever happened to that one.

import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type SimulatorOptions, startSimulator } from './index.js'

const usage = 'wanted: [--port N] [--host ADDRESS] [--seed N] [--latency none|real] [--rules FILE] [--programs DIR]'

function integer(name: string, text: string, most: number): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isInteger(value) && value >= 0 && value <= most) return value
  throw new Error(`--${name}: wanted a whole number from 0 to ${most}, got "${text}"`)
}

function optionsOf(args: string[]): SimulatorOptions {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '0' },
      host: { type: 'string', default: '127.0.0.1' },
      seed: { type: 'string', default: '1' },
      latency: { type: 'string', default: 'real' },
      rules: { type: 'string' },
      programs: { type: 'string', default: process.env.ENSEMBLE_SIMULATOR_PROGRAMS || undefined },
    },
  })
  const { latency, host, programs } = values
  if (latency !== 'none' && latency !== 'real') throw new Error(`--latency: wanted none or real, got "${latency}"`)
  return {
    port: integer('port', values.port, 65_535),
    host,
    seed: integer('seed', values.seed, 0xffffffff),
    latency,
    ...(values.rules !== undefined && { rules: rulesFrom(values.rules) }),
    ...(programs !== undefined && { programs }),
  }
}

function rulesFrom(file: string): SimulatorOptions['rules'] {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`--rules ${file}: ${(error as Error).message}`)
  }
}

async function main(): Promise<void> {
  const simulator = await startSimulator(optionsOf(process.argv.slice(2)))
  process.stdout.write(`${JSON.stringify({ url: simulator.url })}\n`)
  const stop = () => void simulator.close().then(() => process.exit(0))
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  process.once('disconnect', stop)
}

main().catch((error: Error) => {
  process.stderr.write(`simulator: ${error.message.split('\n')[0]} (${usage})\n`)
  process.exit(2)
})
