// What a plan is expected to cost, and what it may cost, in dollars: from the tokens the planner expects each agent to
// write, the steps it takes for its files, and the model's prices. An estimate, and it says so.
import { priceOf } from '../../agents/prices.js'
import type { CodeAgent } from '../../contracts/code.js'
import type { Price } from '../../contracts/outcome.js'
import { addUsd, noUsage, type Usd } from '../../contracts/usage.js'

/** Tokens every step is sent: system text, tools, assignment; and what a step adds besides what was written. */
const FIXED = 4000
const GROWS = 900
/** Share of a step's prompt that the cache has. */
const CACHED = 0.85
/** At worst: so many times the steps and the tokens, and each works a second time. */
const WORST = { times: 3, again: 2 }

type Sized = Pick<CodeAgent, 'files' | 'tokens' | 'model'>
type Estimate = { usd: Usd; worstUsd: Usd; inputTokens: number; outputTokens: number }

export function estimateOf({ files, tokens, model }: Sized): Estimate {
  // A look around, one step a file, a report; then again over the files to verify.
  const steps = 4 + 2 * files.length
  const written = Math.max(tokens, 500) + 400
  const inputTokens = steps * FIXED + ((steps * (steps - 1)) / 2) * GROWS + Math.floor((steps * written) / 2)
  return {
    usd: dollars(model, steps, inputTokens, written),
    worstUsd: times(
      dollars(model, steps * WORST.times, inputTokens * WORST.times ** 2, written * WORST.times),
      WORST.again,
    ),
    inputTokens,
    outputTokens: written,
  }
}

/** By step: a price's tier is that of one request. */
function dollars(model: string, steps: number, inputTokens: number, outputTokens: number): Usd {
  const each = Math.ceil(inputTokens / steps)
  const read = Math.floor(each * CACHED)
  const one = priceOf(model, {
    ...noUsage(),
    ...{ cacheReadTokens: read, cacheWrite5mTokens: each - read, outputTokens: Math.ceil(outputTokens / steps) },
  })
  return times(one, steps)
}

const times = (usd: Usd, by: number): Usd => (usd === null ? null : addUsd(usd * by, 0))

/** @param spentUsd on planning so far. */
export function priceOfCode(agents: Sized[], spentUsd: Usd): Price {
  const all = agents.map(estimateOf)
  const sum = (of: (one: Estimate) => Usd) => all.reduce<Usd>((total, one) => addUsd(total, of(one)), spentUsd)
  const tokens = (of: 'inputTokens' | 'outputTokens') => all.reduce((total, one) => total + one[of], 0)
  return {
    expectedUsd: sum((one) => one.usd),
    worstUsd: sum((one) => one.worstUsd),
    inputTokens: tokens('inputTokens'),
    outputTokens: tokens('outputTokens'),
    basis: `the tokens the plan expects each agent to write, ${Math.round(CACHED * 100)} % of prompts from the cache, ${spentUsd === 0 ? 'no planning' : 'planning included'}; worst: ${WORST.times} times the steps, and each agent ${WORST.again} times`,
  }
}
