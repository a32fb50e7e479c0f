// One endpoint for Prometheus: what Temporal's SDK says of the worker, what activities and workflows count, and how many
// runs wait for a person. On loopback only: whoever scrapes is on this machine, or goes through a proxy that asks who.
import { createServer } from 'node:net'
import { type NativeConnection, Runtime, type RuntimeOptions } from '@temporalio/worker'
import { METRICS } from '../contracts/metrics.js'
import { SEARCH_ATTRIBUTES } from '../contracts/names.js'

/** How often the server is asked how many runs wait. */
const COUNT_MS = 15_000

type Telemetry = NonNullable<RuntimeOptions['telemetryOptions']>

/** Nothing is measured where nobody listens. Rejects when the port is taken: the exporter itself would not say so. */
export async function telemetryOf(metricsPort: number | undefined): Promise<Pick<RuntimeOptions, 'telemetryOptions'>> {
  if (metricsPort === undefined) return {}
  await portIsFree(metricsPort)
  const buckets = Object.entries(METRICS).flatMap(([name, metric]): [string, number[]][] =>
    'buckets' in metric ? [[name, [...metric.buckets]]] : [],
  )
  const metrics: Telemetry['metrics'] = {
    // Labels are those that are counted by, and no others.
    attachServiceName: false,
    prometheus: {
      bindAddress: `127.0.0.1:${metricsPort}`,
      useSecondsForDurations: true,
      histogramBucketOverrides: Object.fromEntries(buckets),
    },
  }
  return { telemetryOptions: { metrics } }
}

/** Keeps `ensemble_approvals_waiting`; the server counts, so it is the same on every worker. */
export function countWaiting(connection: NativeConnection, namespace: string): { stop(): void } {
  const name = 'ensemble_approvals_waiting'
  const gauge = Runtime.instance().metricMeter.createGauge(name, 'int', undefined, METRICS[name].about)
  const query = `${SEARCH_ATTRIBUTES.waiting} = true AND ExecutionStatus = 'Running'`
  const ask = async () => {
    try {
      const { count } = await connection.workflowService.countWorkflowExecutions({ namespace, query })
      gauge.set(Number(count))
    } catch (error) {
      // A server that is away, or does not know the attribute, leaves the last number, or none.
      Runtime.instance().logger.debug('runs that wait were not counted', { error: String(error) })
    }
  }
  const asking = () => void ask()
  asking()
  const timer = setInterval(asking, COUNT_MS).unref()
  return { stop: () => clearInterval(timer) }
}

function portIsFree(port: number): Promise<void> {
  const probe = createServer()
  return new Promise((done, failed) => {
    probe.once('error', failed)
    probe.listen(port, '127.0.0.1', () => probe.close(() => done()))
  })
}
