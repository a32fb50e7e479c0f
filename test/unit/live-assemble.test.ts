// Answers put together from pieces that come twice, late, out of order, or not at all.
import { describe, expect, it } from 'vitest'
import { assemble, type Had } from '../../src/client/live/assemble.js'

const piece = (seq: number, at: number, text: string, attempt = 1) => ({ agent: 'a', turn: 0, attempt, seq, at, text })
const final = (text: string) => ({ item: 'a', turn: 0, text })

describe('an answer', () => {
  it('is told piece by piece, each once', () => {
    const texts = assemble()
    const told = [piece(0, 0, 'one '), piece(0, 0, 'one '), piece(1, 4, 'two')].map((one) => texts.take(one)?.text)
    expect(told).toEqual(['one ', undefined, 'two'])
    expect(texts.matches(final('one two'))).toBe(true)
    expect(texts.matches(final('one too'))).toBe(false)
  })

  it('begins again with a newer attempt; a late piece of the older one is left', () => {
    const texts = assemble()
    texts.take(piece(0, 0, 'wrong'))
    expect(texts.take({ ...piece(0, 0, '', 2), reset: true as const })).toMatchObject({ text: '', reset: true })
    expect(texts.take(piece(1, 5, ' way'))).toBeUndefined()
    expect(texts.take(piece(1, 0, 'right', 2))).toEqual({ item: 'a', turn: 0, attempt: 2, text: 'right' })
    expect(texts.matches(final('right'))).toBe(true)
  })

  it('with a gap is told no further, and is corrected to the whole', () => {
    const texts = assemble()
    texts.take(piece(0, 0, 'one '))
    expect(texts.take(piece(2, 8, 'three'))).toBeUndefined()
    expect(texts.matches(final('one two three'))).toBe(false)
    expect(texts.correct(final(''), 'one two three')).toMatchObject({ text: 'one two three', reset: true })
    expect(texts.counts).toEqual({ streamed: 0, whole: 0, corrected: 1 })
  })

  it.each([
    ['nothing', false],
    ['before', true],
    ['something', false],
  ] as [Had, boolean][])(
    'that is first met in its middle, by who had %s before, can be trusted: %s',
    (had, trusted) => {
      const texts = assemble(had)
      expect(texts.take(piece(3, 4, 'two'))?.text ?? '').toBe(trusted ? 'two' : '')
      expect(texts.matches(final('one two'))).toBe(trusted)
      expect(texts.matches(final('one ttwo'))).toBe(false)
    },
  )

  it('in progress when pieces were lost is not trusted any more', () => {
    const texts = assemble()
    texts.take(piece(0, 0, 'one'))
    texts.lose()
    expect(texts.matches(final('one'))).toBe(false)
  })
})
