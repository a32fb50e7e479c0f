// What a call cost, and what the prompt cache saved or lost on it, from the usage the API reported. Never from an
// estimate and never from a rule of thumb such as "reads are a tenth".
import type { Usage, Usd } from '../contracts/usage.js'
import { roundUsd } from '../contracts/usage.js'
import { findModel, type PriceTier } from './models.js'

/** The tier a request falls in: the whole request is billed by its prompt's size. */
export function tierOf(model: string, promptTokens: number): PriceTier | undefined {
  return findModel(model)?.prices.find((tier) => tier.upTo === undefined || promptTokens <= tier.upTo)
}

export function promptTokens(usage: Usage): number {
  return usage.inputTokens + usage.cacheReadTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens
}

/** USD for one request; null when the model's price is not known. */
export function priceOf(model: string, usage: Usage): Usd {
  const tier = tierOf(model, promptTokens(usage))
  if (!tier) return null
  return roundUsd(
    (usage.inputTokens * tier.input +
      usage.outputTokens * tier.output +
      usage.cacheReadTokens * tier.cacheRead +
      usage.cacheWrite5mTokens * tier.cacheWrite5m +
      usage.cacheWrite1hTokens * tier.cacheWrite1h) /
      1e6,
  )
}

/** USD less than the same request without any cache (negative: the cache cost more than it saved). */
export function savedOf(model: string, usage: Usage): Usd {
  const tier = tierOf(model, promptTokens(usage))
  if (!tier) return null
  return roundUsd(
    (usage.cacheReadTokens * (tier.input - tier.cacheRead) -
      usage.cacheWrite5mTokens * (tier.cacheWrite5m - tier.input) -
      usage.cacheWrite1hTokens * (tier.cacheWrite1h - tier.input)) /
      1e6,
  )
}
