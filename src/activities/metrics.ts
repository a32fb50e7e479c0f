// What activities count. The meter comes from the worker and has no labels of its own, so that the names and labels are
// exactly those people's dashboards were made for.
import type { MetricMeter } from '@temporalio/common'
import { METRICS } from '../contracts/metrics.js'
import type { Usage, Usd } from '../contracts/usage.js'

export type CallEnd = { model: string; outcome: 'ok' | 'error' | 'interrupted'; ms: number; usage: Usage; usd: Usd }

export type Metrics = {
  call(end: CallEnd): void
  /** A request that is made again. */
  retry(failed: { model: string; reason: string }): void
  tool(run: { agent: string; tool: string; ms: number }): void
}

export function openMetrics(meter: MetricMeter): Metrics {
  const counter = (name: keyof typeof METRICS) => meter.createCounter(name, undefined, METRICS[name].about)
  const histogram = (name: keyof typeof METRICS) => meter.createHistogram(name, 'float', undefined, METRICS[name].about)
  const calls = counter('ensemble_calls_total')
  const callSeconds = histogram('ensemble_call_seconds')
  const tokens = counter('ensemble_tokens_total')
  const dollars = histogram('ensemble_call_usd')
  const retries = counter('ensemble_retries_total')
  const cacheHits = counter('ensemble_cache_hits_total')
  const tools = counter('agent_tool_usage_total')
  const toolSeconds = histogram('agent_tool_latency_seconds')
  return {
    call({ model, outcome, ms, usage, usd }) {
      calls.add(1, { model, outcome })
      callSeconds.record(ms / 1000, { model })
      for (const [kind, count] of Object.entries(tokensOf(usage))) if (count > 0) tokens.add(count, { model, kind })
      if (usd !== null) dollars.record(usd, { model })
      if (usage.cacheReadTokens > 0) cacheHits.add(1, { model })
    },
    retry({ model, reason }) {
      retries.add(1, { model, reason })
    },
    tool({ agent, tool, ms }) {
      tools.add(1, { agent, tool })
      toolSeconds.record(ms / 1000, { agent, tool })
    },
  }
}

function tokensOf({ inputTokens, outputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens }: Usage) {
  return {
    input: inputTokens,
    output: outputTokens,
    cache_read: cacheReadTokens,
    cache_write: cacheWrite5mTokens + cacheWrite1hTokens,
  }
}
