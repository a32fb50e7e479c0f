// The worker process. It ends gracefully on SIGTERM, SIGINT and when the process that started it goes away; started
// with an IPC channel it says when it is ready.
import { NativeConnection, Runtime } from '@temporalio/worker'
import { ConfigError, loadConfig } from '../config.js'
import { serveHealth } from './health.js'
import { workerLogger } from './logger.js'
import { setCurrent } from './set-current.js'
import { createWorker } from './worker.js'

async function main(): Promise<void> {
  const config = loadConfig()
  Runtime.install({ logger: workerLogger(config.worker.logLevel), shutdownSignals: [] })
  const { healthPort } = config.worker
  let state = () => 'STARTING'
  const health = healthPort === undefined ? undefined : await serveHealth(healthPort, () => state())
  const { address, namespace, tls, apiKey, metadata } = config.temporal ?? {
    address: '127.0.0.1:7233',
    namespace: 'default',
  }
  const connection = await NativeConnection.connect({
    address,
    ...(tls !== undefined && { tls }),
    ...(apiKey && { apiKey }),
    ...(metadata && { metadata }),
  })
  const { worker, run } = await createWorker({ connection, namespace, config })
  state = () => worker.getState()
  const stop = () => {
    if (worker.getState() === 'RUNNING') worker.shutdown()
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('disconnect', stop)
  const running = run()
  const { deployment } = config.worker
  try {
    if (deployment?.setCurrent) await Promise.race([setCurrent(connection, { namespace, deployment }), running])
    process.send?.({ ready: true })
    await running
  } finally {
    stop() // it still polls when its version could not be made the current one
    await Promise.allSettled([running])
    await health?.close()
    await connection.close()
    if (process.connected) process.disconnect()
  }
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
