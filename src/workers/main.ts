// The worker process: see host.ts.
import { ConfigError, loadConfig } from '../config.js'
import { hostWorker } from './host.js'

async function main(): Promise<void> {
  await hostWorker(loadConfig())
}

main().catch((error: unknown) => {
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 2
    return
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  process.exitCode = 1
})
