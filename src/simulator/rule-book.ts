// The rules in force, and how often each was used. Chance comes from a seed, so that a run with random faults can be
// repeated exactly as long as its requests come in the same order.

import { createHash } from 'node:crypto'
import { type Rule, type Script, toTest } from './rules.js'
import { mulberry32 } from './seeded-random.js'

export type Asked = { prompt: string; system: string; model: string }

type Compiled = { script: Script; fits(asked: Asked): boolean; seen: number; used: number }

export class RuleBook {
  private compiled: Compiled[] = []
  /** How often each prompt was asked, by digest: prompts may be large and many. */
  private attempts = new Map<string, number>()
  private counting = false
  private readonly random: () => number
  rules: Rule[] = []

  constructor(seed: number, rules: Rule[]) {
    this.random = mulberry32(seed)
    this.replace(rules)
  }

  replace(rules: Rule[]): void {
    this.rules = rules
    const scripts = rules.filter((rule): rule is Script => !('limit' in rule))
    this.compiled = scripts.map((script) => ({ script, fits: matcher(script), seen: 0, used: 0 }))
    this.counting = scripts.some((script) => script.match.attempt !== undefined)
    this.attempts = new Map()
  }

  /** The rule for this request, counted as used; undefined when none fits. */
  take(asked: Asked): Script | undefined {
    const attempt = this.counting ? this.attempt(asked) : 0
    for (const rule of this.compiled) {
      const { match, times, probability } = rule.script
      if (!rule.fits(asked)) continue
      rule.seen++
      if (match.nth !== undefined && ![match.nth].flat().includes(rule.seen)) continue
      if (match.attempt !== undefined && match.attempt !== attempt) continue
      if (times !== undefined && rule.used >= times) continue
      if (probability !== undefined && this.random() >= probability) continue
      rule.used++
      return rule.script
    }
    return undefined
  }

  private attempt(asked: Asked): number {
    const key = createHash('sha1').update(asked.system).update('\0').update(asked.prompt).digest('base64')
    const count = (this.attempts.get(key) ?? 0) + 1
    this.attempts.set(key, count)
    return count
  }
}

function matcher({ match }: Script): (asked: Asked) => boolean {
  const tests = (['model', 'prompt', 'system'] as const).flatMap((field) => {
    const pattern = match[field]
    if (pattern === undefined) return []
    const test = toTest(pattern)
    return [(asked: Asked) => test(asked[field])]
  })
  return (asked) => tests.every((test) => test(asked))
}
