// How long a person who said stop had to wait: from the message that reached the run to the end of the call it stops. Not
// counted again in a replay.
import { metricMeter } from '@temporalio/workflow'
import { METRICS } from '../../../contracts/metrics.js'

const name = 'ensemble_interruption_latency_seconds'

/** @param askedAt milliseconds, of the workflow's clock */
export function countLatency(askedAt: number): void {
  const { about } = METRICS[name]
  metricMeter.createHistogram(name, 'float', undefined, about).record((Date.now() - askedAt) / 1000)
}
