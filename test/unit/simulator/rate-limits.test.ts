import { expect, it } from 'vitest'
import { findModel } from '../../../src/agents/models.js'
import type { ApiError } from '../../../src/simulator/api-error.js'
import { RateLimits } from '../../../src/simulator/rate-limits.js'
import { parseRules, type RuleInput } from '../../../src/simulator/rules.js'

const model = findModel('claude-haiku-5-5')!
const limits = (rules: RuleInput[], clock = { now: 0 }) => {
  const made = new RateLimits(() => clock.now, parseRules(rules))
  const admit = (tokens = 1) => {
    try {
      made.admit(model, tokens)
      return 'ok'
    } catch (error) {
      return Number((error as ApiError).extras.headers?.['retry-after'])
    }
  }
  return { made, admit, clock }
}

it('requests beyond the limit are told when to come again, and can then', () => {
  const { admit, clock } = limits([{ limit: { requestsPerMinute: 3 } }])
  expect([admit(), admit(), admit(), admit()]).toEqual(['ok', 'ok', 'ok', 20])
  clock.now += 20_000
  expect([admit(), admit()]).toEqual(['ok', 20])
})

it('the headers count down with what is used and come back with time', () => {
  const { made, admit, clock } = limits([{ limit: { requestsPerMinute: 60, inputTokensPerMinute: 6000 } }])
  const left = (name: string) => Number(made.headers(model)[`anthropic-ratelimit-${name}-remaining`])
  admit(1000)
  expect([left('requests'), left('input-tokens')]).toEqual([59, 5000])
  clock.now += 1000
  expect([left('requests'), left('input-tokens')]).toEqual([60, 5100])
  expect(made.headers(model)['anthropic-ratelimit-requests-limit']).toBe('60')
  expect(made.headers(model)['anthropic-ratelimit-input-tokens-reset']).toBe('1970-01-01T00:00:10Z')
})

it('output counts when it was written', () => {
  const { made, admit } = limits([{ limit: { outputTokensPerMinute: 600 } }])
  expect(admit()).toBe('ok')
  made.settle(model, 1200)
  expect(admit()).toBe(61)
})

it('a request larger than a whole minute goes when the bucket is full', () => {
  const { admit } = limits([{ limit: { tokensPerMinute: 100 } }])
  expect(admit(500)).toBe('ok')
  expect(admit(1)).toBeGreaterThan(200)
})

it('a rule may fix retry-after, and concern one model only', () => {
  expect(limits([{ limit: { requestsPerMinute: 1, retryAfter: 7 } }]).admit()).toBe('ok')
  const { admit } = limits([{ limit: { requestsPerMinute: 1, retryAfter: 7 } }])
  expect([admit(), admit()]).toEqual(['ok', 7])
  const other = limits([{ match: { model: 'opus' }, limit: { requestsPerMinute: 1 } }])
  expect([other.admit(), other.admit()]).toEqual(['ok', 'ok'])
})
