// How fast an answer comes: milliseconds to the first token and tokens per second for each family of models. Assumed on
// 2026-11-20: round numbers of the right order, not a measurement. A rule may say otherwise; tests use none at all.

import type { Model } from '../agents/models.js'
import type { ReplyRule } from './rules.js'

export type Latency = 'none' | 'real'

export type Pace = {
  /** Milliseconds until the response begins. */
  firstTokenMs: number
  /** Infinity: everything at once. */
  tokensPerSecond: number
  /** The whole answer takes this long, whatever its length. */
  totalMs?: number
}

/** [family prefix, ms to first token, output tokens per second]; the first that fits counts. */
const table: [string, number, number][] = [
  ['claude-haiku', 450, 160],
  ['claude-sonnet', 900, 80],
  ['claude-opus', 1400, 60],
  ['claude-fable', 1800, 45],
]

export const IMMEDIATE: Pace = { firstTokenMs: 0, tokensPerSecond: Number.POSITIVE_INFINITY }

export function paceOf(model: Model, latency: Latency, reply: ReplyRule | undefined): Pace {
  const row = latency === 'real' ? table.find(([prefix]) => model.id.startsWith(prefix)) : undefined
  const base: Pace = row ? { firstTokenMs: row[1], tokensPerSecond: row[2] } : IMMEDIATE
  if (reply?.delayMs !== undefined) {
    return { firstTokenMs: reply.firstTokenMs ?? 0, tokensPerSecond: Number.POSITIVE_INFINITY, totalMs: reply.delayMs }
  }
  return {
    firstTokenMs: reply?.firstTokenMs ?? base.firstTokenMs,
    tokensPerSecond: reply?.tokensPerSecond ?? base.tokensPerSecond,
  }
}
