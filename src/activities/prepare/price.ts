// What a plan will cost, before it is spent: expected, with the cache used where it pays, and worst, with every answer
// as long as allowed and no cache hit at all. Unknown stays unknown.
import { findModel } from '../../agents/models.js'
import { priceOf } from '../../agents/prices.js'
import type { Price } from '../../contracts/outcome.js'
import { addUsd, noUsage, type Usage, type Usd } from '../../contracts/usage.js'
import type { Counts } from './count.js'
import type { Draft } from './draft.js'

/** The part of a draft a price depends on. */
export type Priced = Pick<Draft, 'calls' | 'shared' | 'expectedOutput' | 'later'>

export type Pricing = { price: Price; cachedFor: string[][]; warnings: string[] }

export function pricePlan(draft: Priced, counts: Counts): Pricing {
  const warnings: string[] = []
  const cachedFor = draft.shared.map((_, index) => modelsToCacheFor(draft, counts, index, warnings))
  let expectedUsd: Usd = 0
  let worstUsd: Usd = 0
  let inputTokens = 0
  let outputTokens = 0
  const written = new Set<string>()
  draft.calls.forEach(({ call, shared }, index) => {
    const own = counts.items[index] ?? 0
    const common = shared === undefined ? 0 : (counts.shared[shared] ?? 0)
    const cached = shared !== undefined && (cachedFor[shared]?.includes(call.model) ?? false)
    const first = cached && !written.has(`${shared} ${call.model}`)
    if (first) written.add(`${shared} ${call.model}`)
    const expected = Math.min(draft.expectedOutput, call.maxTokens)
    inputTokens += own + common
    outputTokens += expected
    expectedUsd = addUsd(
      expectedUsd,
      priceOf(call.model, promptUsage(own, common, cached ? (first ? 'write' : 'read') : 'plain', expected)),
    )
    worstUsd = addUsd(
      worstUsd,
      priceOf(call.model, promptUsage(own, common, cached ? 'write' : 'plain', call.maxTokens)),
    )
  })
  for (const later of draft.later) {
    inputTokens += later.inputTokens
    outputTokens += later.expectedOutput
    expectedUsd = addUsd(
      expectedUsd,
      priceOf(later.model, { ...noUsage(), inputTokens: later.inputTokens, outputTokens: later.expectedOutput }),
    )
    worstUsd = addUsd(
      worstUsd,
      priceOf(later.model, { ...noUsage(), inputTokens: later.inputTokens, outputTokens: later.maxTokens }),
    )
  }
  const basis = `${counts.basis}; expected: answers of ${draft.expectedOutput} tokens; worst: answers as long as allowed, no cache hit; retries can add to it`
  return { price: { expectedUsd, worstUsd, inputTokens, outputTokens, basis }, cachedFor, warnings }
}

function promptUsage(own: number, common: number, cache: 'plain' | 'write' | 'read', outputTokens: number): Usage {
  const usage = { ...noUsage(), inputTokens: own, outputTokens }
  if (cache === 'write') return { ...usage, cacheWrite5mTokens: common }
  if (cache === 'read') return { ...usage, cacheReadTokens: common }
  return { ...usage, inputTokens: own + common }
}

/** A breakpoint only where the model would cache at all and siblings read often enough to pay for the write. */
function modelsToCacheFor(draft: Priced, counts: Counts, index: number, warnings: string[]): string[] {
  const part = draft.shared[index]
  const tokens = counts.shared[index] ?? 0
  if (!part || part.cache === 'off') return []
  const siblings = new Map<string, number>()
  for (const { call, shared } of draft.calls) {
    if (shared === index) siblings.set(call.model, (siblings.get(call.model) ?? 0) + 1)
  }
  const warn = (why: string) => {
    if (part.cache === 'wanted') warnings.push(`shared system text is not cached: ${why}`)
  }
  return [...siblings].flatMap(([model, calls]) => {
    const minimum = findModel(model)?.minCacheTokens ?? 4096
    if (tokens < minimum) {
      warn(`it has ${tokens} tokens, ${model} caches from ${minimum}`)
      return []
    }
    const with1 = priceOf(model, promptUsage(0, tokens, 'write', 0))
    const read = priceOf(model, promptUsage(0, tokens, 'read', 0))
    const plain = priceOf(model, promptUsage(0, tokens, 'plain', 0))
    if (with1 !== null && read !== null && plain !== null && with1 + (calls - 1) * read >= calls * plain) {
      warn(`with ${calls} call${calls === 1 ? '' : 's'} of ${model} writing the cache costs more than it saves`)
      return []
    }
    return [model]
  })
}
