// Everything one simulator remembers. No module keeps any of it, so that several can run in one process.

import { Journal } from './journal.js'
import type { Latency } from './latency.js'
import type { Program } from './programmer/program.js'
import { PromptCache } from './prompt-cache.js'
import { RateLimits } from './rate-limits.js'
import { RuleBook } from './rule-book.js'
import type { Rule } from './rules.js'

export type State = {
  /** Milliseconds since 1970: for the cache, the limits and the models' last days. */
  now: () => number
  latency: Latency
  journal: Journal
  cache: PromptCache
  rules: RuleBook
  limits: RateLimits
  /** For requests to write code. */
  programs: Program[]
}

export function newState(
  options: Pick<State, 'now' | 'latency' | 'programs'> & { seed: number; rules: Rule[] },
): State {
  const { now, latency, seed, rules, programs } = options
  return {
    now,
    latency,
    journal: new Journal(),
    cache: new PromptCache(now),
    rules: new RuleBook(seed, rules),
    limits: new RateLimits(now, rules),
    programs,
  }
}

export function replaceRules(state: State, rules: Rule[]): void {
  state.rules.replace(rules)
  state.limits.replace(rules)
}
