// What a worker counts, by the names Prometheus knows it by: said once for those who count, for the exporter's buckets and
// for whoever draws it. Labels never hold an id, so their number stays small.

type Metric = { kind: 'counter' | 'gauge' | 'histogram'; labels: string[]; about: string; buckets?: number[] }

/** Seconds: from what a file takes to what a test suite takes. */
const TOOL_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]

export const METRICS = {
  agent_tool_usage_total: { kind: 'counter', labels: ['agent', 'tool'], about: 'Tool calls that were run' },
  agent_tool_latency_seconds: {
    kind: 'histogram',
    labels: ['agent', 'tool'],
    about: 'Seconds a tool ran',
    buckets: TOOL_SECONDS,
  },
  ensemble_calls_total: {
    kind: 'counter',
    labels: ['model', 'outcome'],
    about: 'Requests to the model, by how they ended: ok, error, interrupted',
  },
  ensemble_call_seconds: {
    kind: 'histogram',
    labels: ['model'],
    about: 'Seconds a request to the model took',
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 900],
  },
  ensemble_tokens_total: {
    kind: 'counter',
    labels: ['model', 'kind'],
    about: 'Tokens, by kind: input (uncached), output, cache_read, cache_write',
  },
  ensemble_call_usd: {
    kind: 'histogram',
    labels: ['model'],
    about: 'Dollars a request cost, failed and interrupted ones too; without those whose price is unknown',
    buckets: [0.0001, 0.001, 0.01, 0.1, 1, 10],
  },
  ensemble_retries_total: {
    kind: 'counter',
    labels: ['model', 'reason'],
    about: 'Requests that failed and are made again, by reason',
  },
  ensemble_cache_hits_total: {
    kind: 'counter',
    labels: ['model'],
    about: 'Requests that read from the prompt cache',
  },
  ensemble_approvals_waiting: {
    kind: 'gauge',
    labels: [],
    about: 'Runs of this namespace that wait for a person (needs the search attribute EnsembleWaiting)',
  },
  ensemble_interruption_latency_seconds: {
    kind: 'histogram',
    labels: ['namespace', 'taskQueue', 'workflowType'],
    about: 'Seconds from an interruption to the end of the call it stops',
    buckets: [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60],
  },
} as const satisfies Record<string, Metric>

export type MetricName = keyof typeof METRICS
