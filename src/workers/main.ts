// The worker process: see host.ts.
import { ConfigError, loadConfig, loadSettings } from '../config/index.js'
import { hostWorker } from './host.js'

async function main(): Promise<void> {
  const config = loadConfig()
  const { settings } = await loadSettings()
  await hostWorker(config, settings)
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
