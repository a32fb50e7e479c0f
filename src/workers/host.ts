// A worker as a process: connected, logging, telling its health, and ending gracefully on SIGTERM, SIGINT and when the
// process that started it goes away; started with an IPC channel it says when it is ready. The same for our own process
// and a person's.
import { NativeConnection, Runtime } from '@temporalio/worker'
import type { Config, Settings } from '../config/index.js'
import { serveHealth } from './health.js'
import { workerLogger } from './logger.js'
import { setCurrent } from './set-current.js'
import { countWaiting, telemetryOf } from './telemetry.js'
import { createWorker, type OwnCode } from './worker.js'

/** Resolves when the worker was stopped and has drained. */
export async function hostWorker(config: Config, settings: Settings, own?: OwnCode): Promise<void> {
  const { healthPort, logLevel, metricsPort } = settings
  Runtime.install({ logger: workerLogger(logLevel), shutdownSignals: [], ...(await telemetryOf(metricsPort)) })
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
  const worker = await createWorker({ connection, namespace, config, settings, ...(own && { own }) })
  const waiting = metricsPort === undefined ? undefined : countWaiting(connection, namespace)
  state = () => worker.state()
  const stop = () => worker.shutdown()
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('disconnect', stop)
  const running = worker.run()
  const { deployment } = config
  try {
    if (deployment?.setCurrent) await Promise.race([setCurrent(connection, { namespace, deployment }), running])
    process.send?.({ ready: true })
    await running
  } finally {
    stop() // it still polls when its version could not be made the current one
    await Promise.allSettled([running])
    waiting?.stop()
    await health?.close()
    await connection.close()
    if (process.connected) process.disconnect()
  }
}
