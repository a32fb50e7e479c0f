// Token buckets per minute, refilled all the time, as the API has them; the headers say what is truly left. Without a
// limit rule the limits are so high that they count down but never refuse.

import type { Model } from '../agents/models.js'
import { ApiError } from './api-error.js'
import { type LimitRule, type Rule, toTest } from './rules.js'

const MINUTE = 60_000

class Bucket {
  private level: number
  private at: number

  constructor(
    readonly limit: number,
    now: number,
  ) {
    this.level = limit
    this.at = now
  }

  private refill(now: number): void {
    this.level = Math.min(this.limit, this.level + ((now - this.at) * this.limit) / MINUTE)
    this.at = now
  }

  /** Milliseconds until `amount` is there; more than the limit counts as all of it. */
  waitFor(amount: number, now: number): number {
    this.refill(now)
    return (Math.max(0, Math.min(amount, this.limit) - this.level) * MINUTE) / this.limit
  }

  take(amount: number): void {
    this.level -= amount
  }

  headers(name: string, now: number): Record<string, string> {
    this.refill(now)
    const full = now + ((this.limit - this.level) * MINUTE) / this.limit
    return {
      [`anthropic-ratelimit-${name}-limit`]: String(this.limit),
      [`anthropic-ratelimit-${name}-remaining`]: String(Math.max(0, Math.floor(this.level))),
      [`anthropic-ratelimit-${name}-reset`]: `${new Date(full).toISOString().slice(0, 19)}Z`,
    }
  }
}

type Buckets = { requests: Bucket; input: Bucket; output: Bucket; tokens: Bucket }
type Group = Buckets & { fits(model: string): boolean; retryAfter?: number }

const UNLIMITED = { requests: 1_000_000, input: 10_000_000_000, output: 2_000_000_000 }

export class RateLimits {
  private groups: Group[] = []

  constructor(
    private readonly now: () => number,
    rules: Rule[],
  ) {
    this.replace(rules)
  }

  replace(rules: Rule[]): void {
    const limits = rules.filter((rule) => 'limit' in rule)
    this.groups = [...limits, { match: {}, limit: {} }].map((rule) => this.group(rule))
  }

  private group({ match, limit }: LimitRule): Group {
    const bucket = (perMinute: number) => new Bucket(perMinute, this.now())
    const input = limit.inputTokensPerMinute ?? limit.tokensPerMinute ?? UNLIMITED.input
    const output = limit.outputTokensPerMinute ?? limit.tokensPerMinute ?? UNLIMITED.output
    return {
      requests: bucket(limit.requestsPerMinute ?? UNLIMITED.requests),
      input: bucket(input),
      output: bucket(output),
      tokens: bucket(limit.tokensPerMinute ?? input + output),
      fits: match.model === undefined ? () => true : toTest(match.model),
      ...(limit.retryAfter !== undefined && { retryAfter: limit.retryAfter }),
    }
  }

  private of(model: Model): Group {
    const group = this.groups.find(({ fits }) => fits(model.id))
    if (!group) throw new Error('the last group of limits fits every model')
    return group
  }

  /** Counts a request in, or throws the API's 429 with `retry-after` in whole seconds. A refused one costs nothing. */
  admit(model: Model, inputTokens: number): void {
    const group = this.of(model)
    const now = this.now()
    const waits: [string, number][] = [
      ['requests', group.requests.waitFor(1, now)],
      ['input tokens', group.input.waitFor(inputTokens, now)],
      ['output tokens', group.output.waitFor(1, now)],
      ['tokens', group.tokens.waitFor(inputTokens, now)],
    ]
    const [what, wait] = waits.reduce((worst, next) => (next[1] > worst[1] ? next : worst))
    if (wait > 0) {
      const seconds = group.retryAfter ?? Math.ceil(wait / 1000)
      throw new ApiError(
        429,
        'rate_limit_error',
        `This request would exceed the rate limit for your organization of ${what} per minute for ${model.id}.`,
        { headers: { 'retry-after': String(seconds), ...this.headers(model) } },
      )
    }
    group.requests.take(1)
    group.input.take(inputTokens)
    group.tokens.take(inputTokens)
  }

  /** Output counts when it has been written. */
  settle(model: Model, outputTokens: number): void {
    const group = this.of(model)
    group.output.take(outputTokens)
    group.tokens.take(outputTokens)
  }

  headers(model: Model): Record<string, string> {
    const { requests, tokens, input, output } = this.of(model)
    const now = this.now()
    return {
      ...requests.headers('requests', now),
      ...tokens.headers('tokens', now),
      ...input.headers('input-tokens', now),
      ...output.headers('output-tokens', now),
    }
  }
}
