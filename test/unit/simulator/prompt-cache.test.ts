import { describe, expect, it } from 'vitest'
import { findModel } from '../../../src/agents/models.js'
import { promptBlocks, totalTokens } from '../../../src/simulator/prompt-blocks.js'
import { PromptCache } from '../../../src/simulator/prompt-cache.js'
import type { MessagesRequest } from '../../../src/simulator/request.js'

const model = findModel('claude-sonnet-5-5')!
const long = (name: string) => `${name} ${'x'.repeat(4000)}`
type Control = { type: 'ephemeral'; ttl?: '5m' | '1h' }
const mark = (ttl?: '5m' | '1h'): { cache_control: Control } => ({
  cache_control: { type: 'ephemeral', ...(ttl && { ttl }) },
})
const block = (text: string, control?: { cache_control: Control }) => ({ type: 'text' as const, text, ...control })
const request = (system: ReturnType<typeof block>[], prompt = 'go'): MessagesRequest => ({
  model: model.id,
  max_tokens: 100,
  system,
  messages: [{ role: 'user', content: prompt }],
})

function cacheAt(clock = { now: 0 }) {
  const cache = new PromptCache(() => clock.now)
  const ask = (asked: MessagesRequest) => {
    const { usage, begin } = cache.lookup(model, promptBlocks(asked))
    begin()
    return usage
  }
  return { cache, clock, ask }
}

describe('the prompt cache', () => {
  it('writes once and is read by the same prefix with another ending', () => {
    const { ask } = cacheAt()
    const first = ask(request([block(long('shared'), mark())], 'one'))
    const second = ask(request([block(long('shared'), mark())], 'two'))
    expect(first.cache_creation_input_tokens).toBeGreaterThan(1000)
    expect(first.cache_read_input_tokens).toBe(0)
    expect(second.cache_read_input_tokens).toBe(first.cache_creation_input_tokens)
    expect(second.cache_creation_input_tokens).toBe(0)
    expect(second.input_tokens).toBe(first.input_tokens)
  })

  it('adds up to what count_tokens says, whatever is cached', () => {
    const { ask } = cacheAt()
    for (let round = 0; round < 2; round++) {
      const asked = request([block(long('a'), mark('1h')), block(long('b'), mark())])
      const usage = ask(asked)
      const sum = usage.input_tokens + usage.cache_creation_input_tokens + usage.cache_read_input_tokens
      expect(sum).toBe(totalTokens(promptBlocks(asked)))
    }
  })

  it('cannot be read before the creating response has begun', () => {
    const { cache } = cacheAt()
    const blocks = promptBlocks(request([block(long('shared'), mark())]))
    const creating = cache.lookup(model, blocks)
    expect(cache.lookup(model, blocks).usage.cache_read_input_tokens).toBe(0)
    creating.begin()
    expect(cache.lookup(model, blocks).usage.cache_read_input_tokens).toBeGreaterThan(0)
  })

  it('misses when one byte before the breakpoint differs', () => {
    const { ask } = cacheAt()
    ask(request([block('A'), block(long('shared'), mark())]))
    expect(ask(request([block('B'), block(long('shared'), mark())])).cache_read_input_tokens).toBe(0)
  })

  it('is not shared between models', () => {
    const { cache } = cacheAt()
    const blocks = promptBlocks(request([block(long('shared'), mark())]))
    cache.lookup(model, blocks).begin()
    expect(cache.lookup(findModel('claude-opus-5-5')!, blocks).usage.cache_read_input_tokens).toBe(0)
  })

  it('silently caches nothing below the minimum of the model', () => {
    const { cache, ask } = cacheAt()
    const small = request([block('x'.repeat(1900), mark())])
    expect(ask(small)).toMatchObject({ cache_creation_input_tokens: 0 })
    expect(ask(small)).toMatchObject({ cache_creation_input_tokens: 0, cache_read_input_tokens: 0 })
    const blocks = promptBlocks(request([block(long('shared'), mark())]))
    const strict = cache.lookup(findModel('claude-opus-4-6')!, blocks)
    expect(strict.usage.cache_creation_input_tokens).toBe(0)
  })

  it('forgets after five minutes without use, and counts from the last use', () => {
    const { ask, clock } = cacheAt()
    const asked = request([block(long('shared'), mark())])
    ask(asked)
    clock.now += 299_000
    expect(ask(asked).cache_read_input_tokens).toBeGreaterThan(0)
    clock.now += 299_000
    expect(ask(asked).cache_read_input_tokens).toBeGreaterThan(0)
    clock.now += 300_000
    expect(ask(asked).cache_read_input_tokens).toBe(0)
  })

  it('keeps a one-hour entry for an hour and says which is which', () => {
    const { ask, clock } = cacheAt()
    const asked = request([block(long('a'), mark('1h')), block(long('b'), mark('5m'))])
    const { cache_creation: created } = ask(asked)
    expect(created.ephemeral_1h_input_tokens).toBeGreaterThan(1000)
    expect(created.ephemeral_5m_input_tokens).toBeGreaterThan(1000)
    clock.now += 301_000
    const later = ask(asked)
    expect(later.cache_read_input_tokens).toBe(created.ephemeral_1h_input_tokens)
    expect(later.cache_creation.ephemeral_5m_input_tokens).toBe(created.ephemeral_5m_input_tokens)
  })

  it('looks 20 blocks back from a breakpoint and no further', () => {
    const grow = (count: number) => Array.from({ length: count }, (_, index) => block(`part ${index}`))
    const read = (added: number) => {
      const { ask } = cacheAt()
      ask(request([block(long('shared'), mark())]))
      const more = [block(long('shared')), ...grow(added - 1), block('end', mark())]
      return ask(request(more)).cache_read_input_tokens
    }
    expect(read(19)).toBeGreaterThan(0)
    expect(read(20)).toBe(0)
  })

  it('extends the prefix of a conversation turn by turn', () => {
    const { ask } = cacheAt()
    const turn = (messages: MessagesRequest['messages']): MessagesRequest => ({
      model: model.id,
      max_tokens: 100,
      system: long('you are helpful'),
      messages,
      cache_control: { type: 'ephemeral' },
    })
    const first = ask(turn([{ role: 'user', content: 'hello' }]))
    const second = ask(
      turn([
        { role: 'user', content: 'hello' },
        { role: 'assistant', content: 'hi' },
        { role: 'user', content: 'and now' },
      ]),
    )
    expect(second.cache_read_input_tokens).toBe(first.cache_creation_input_tokens)
    expect(second.cache_creation_input_tokens).toBeGreaterThan(0)
  })

  it('refuses a fifth breakpoint and an hour after five minutes', () => {
    const five = request(Array.from({ length: 5 }, (_, index) => block(`b${index}`, mark())))
    expect(() => promptBlocks(five)).toThrow('A maximum of 4 blocks with cache_control may be provided. Found 5.')
    expect(() => promptBlocks(request([block('a', mark('5m')), block('b', mark('1h'))]))).toThrow('must not come after')
  })
})
