// The most a call can cost, for budgets: every token of its prompt written to the cache where that is dearer than reading
// it plainly, and an answer as long as allowed. Where a prompt was not counted, the guess is on the safe side.
import { findModel, type PriceTier } from '../../agents/models.js'
import { tierOf } from '../../agents/prices.js'
import type { Price } from '../../contracts/outcome.js'
import type { Plan } from '../../contracts/plan.js'
import type { Rate } from '../../contracts/thread.js'
import { roundUsd, type Usd } from '../../contracts/usage.js'
import type { StoredCall } from '../call/request.js'
import type { Counts } from './count.js'
import type { Draft } from './draft.js'

/** No text has more than a token for so many of its bytes. */
const BYTES_A_TOKEN = 2
/** On prompts whose size follows from a sample. */
const MARGIN = 1.25

export function worstOfTokens(model: string, promptTokens: number, maxTokens: number, hour = false): Usd {
  const tier = tierOf(model, promptTokens)
  return tier ? roundUsd(promptTokens * dearestInput(tier, hour) + (maxTokens * tier.output) / 1e6) : null
}

/** Of a request that was not counted. */
export function worstOfStored(call: StoredCall): Usd {
  const bytes = Buffer.byteLength(
    JSON.stringify([call.system ?? '', call.messages, call.output ?? '', call.params ?? '']),
  )
  return worstOfTokens(call.model, Math.ceil(bytes / BYTES_A_TOKEN), call.maxTokens, wantsHour(call))
}

/** How the calls that follow from a plan are priced: not at all, where nothing limits them. */
export function worstIn({ budgetUsd }: Pick<Plan, 'budgetUsd'>): typeof worstOfStored | undefined {
  return budgetUsd === undefined ? undefined : worstOfStored
}

/** Of the calls of a plan, in their order. */
export function worstOfItems(calls: Draft['calls'], counts: Pick<Counts, 'items' | 'shared' | 'sampled'>): Usd[] {
  return calls.map(({ call, shared }, index) => {
    const common = shared === undefined ? 0 : (counts.shared[shared] ?? 0)
    const tokens = (counts.items[index] ?? 0) + common
    return worstOfTokens(
      call.model,
      counts.sampled ? Math.ceil(tokens * MARGIN) : tokens,
      call.maxTokens,
      wantsHour(call),
    )
  })
}

/** USD a token, by the size of the request; none where the price is not known. */
export function ratesOf(model: string): Rate[] {
  return (findModel(model)?.prices ?? []).map((tier) => ({
    ...(tier.upTo !== undefined && { upTo: tier.upTo }),
    input: dearestInput(tier, false),
    output: tier.output / 1e6,
  }))
}

/** A warning: it is no reason to refuse, because few runs come to their worst. */
export function overBudget({ worstUsd }: Price, budgetUsd: number | undefined): string[] {
  if (budgetUsd === undefined || (worstUsd !== null && worstUsd <= budgetUsd)) return []
  const most = worstUsd === null ? 'it has an unknown price' : `it may cost up to $${worstUsd.toFixed(4)}`
  return [`${most}, its budget is $${budgetUsd}: it may come to wait for more`]
}

function dearestInput({ input, cacheWrite5m, cacheWrite1h }: PriceTier, hour: boolean): number {
  return Math.max(input, cacheWrite5m, hour ? cacheWrite1h : 0) / 1e6
}

/** The caller's own marks may ask for the dearer cache. */
function wantsHour(call: StoredCall): boolean {
  return JSON.stringify([call.system ?? '', call.messages]).includes('"ttl":"1h"')
}
