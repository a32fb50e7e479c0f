import { describe, expect, it } from 'vitest'
import { RuleBook } from '../../../src/simulator/rule-book.js'
import { parseRules, type RuleInput } from '../../../src/simulator/rules.js'

const book = (rules: RuleInput[], seed = 1) => new RuleBook(seed, parseRules(rules))
const asked = (prompt: string) => ({ prompt, system: 'be brief', model: 'claude-haiku-5-5' })
const texts = (rules: RuleBook, prompts: string[]) => prompts.map((prompt) => rules.take(asked(prompt))?.reply?.text)

describe('rules', () => {
  it('the first that fits is used: substring, regular expression, model and system together', () => {
    const rules = book([
      { match: { prompt: 'alpha', model: 'opus' }, reply: { text: 'never' } },
      { match: { prompt: '/^BETA \\d+$/i', system: 'brief' }, reply: { text: 'beta' } },
      { reply: { text: 'rest' } },
    ])
    expect(texts(rules, ['alpha', 'beta 7', 'beta x'])).toEqual(['rest', 'beta', 'rest'])
  })

  it('times, nth and attempt count what they say', () => {
    expect(texts(book([{ times: 2, reply: { text: 'a' } }]), ['x', 'x', 'x'])).toEqual(['a', 'a', undefined])
    expect(texts(book([{ match: { nth: [2, 3] }, reply: { text: 'b' } }]), ['x', 'x', 'x', 'x'])).toEqual([
      undefined,
      'b',
      'b',
      undefined,
    ])
    expect(texts(book([{ match: { attempt: 1 }, reply: { text: 'c' } }]), ['x', 'y', 'x', 'y'])).toEqual([
      'c',
      'c',
      undefined,
      undefined,
    ])
  })

  it('chance comes from the seed', () => {
    const draw = (seed: number) => {
      const rules = book([{ probability: 0.3, fault: { kind: '529' } }], seed)
      return Array.from({ length: 1000 }, () => rules.take(asked('x')) !== undefined)
    }
    expect(draw(7)).toEqual(draw(7))
    expect(draw(7)).not.toEqual(draw(8))
    expect(draw(7).filter(Boolean).length).toBeGreaterThan(250)
    expect(draw(7).filter(Boolean).length).toBeLessThan(350)
  })

  it.each<[string, unknown, string]>([
    ['no array', { a: 1 }, 'wanted an array of rules'],
    ['an unknown fault', [{ fault: { kind: 'meltdown' } }], 'rules.0.fault.kind'],
    ['a percentage of 100', [{}, { fault: { kind: 'cut', at: 100 } }], 'rules.0: a rule wants a reply'],
    ['a cut after the end', [{ fault: { kind: 'cut', at: 100 } }], 'rules.0.fault.at'],
    ['a misspelt field', [{ reply: { txt: 'a' } }], 'rules.0.reply'],
    ['a broken regular expression', [{ match: { prompt: '/(/' }, reply: {} }], 'not a valid regular expression: /(/'],
    ['a limit of nothing', [{ limit: { requestsPerMinute: 0 } }], 'rules.0.limit.requestsPerMinute'],
  ])('%s is refused with a message that says where', (_, json, message) => {
    expect(() => parseRules(json)).toThrow(message)
  })
})
