import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { estimate, type Line, linesShown, split } from '../../../src/activities/documents/split.js'

const linesOf = (text: string): Line[] => text.split('\n').map((line, index) => ({ number: index + 1, text: line }))
const firsts = (parts: Line[][]) => parts.map((part) => part[0]?.text)
const words = (count: number) => Array.from({ length: count }, (_, index) => `word${index}`).join(' ')

describe('a text is split', () => {
  it('not at all when it fits', () => {
    const lines = linesOf('one\n\ntwo')
    expect(split(lines, 1000)).toEqual([lines])
  })

  it('at the highest heading in the second half of what fits', () => {
    const body = `${words(40)}\n`.repeat(3)
    const text = `# One\n${body}## One and a half\n${body}# Two\n${body}## Two and a half\n${body}`
    expect(firsts(split(linesOf(text), 700))).toEqual(['# One', '# Two'])
  })

  it('at no heading inside a fence, and between paragraphs where there is no heading', () => {
    const code = `\`\`\`sh\n# no heading\n${words(60)}\n# none either\n\`\`\`\n\n`
    const parts = split(linesOf(code + `A paragraph. ${words(60)}\n\n`.repeat(4)), 320)
    expect(parts.length).toBeGreaterThan(1)
    for (const first of firsts(parts).slice(1)) expect(first).toMatch(/^A paragraph/)
  })

  it('at the beginning of a page where it comes from a PDF', () => {
    const page = (number: number): Line[] =>
      [1, 2, 3].map((line) => ({ number, text: `page ${number} line ${line} ${words(30)}`, page: line === 1 }))
    const parts = split([1, 2, 3, 4, 5].flatMap(page), 420)
    expect(parts.map((part) => [part[0]?.number, part.at(-1)?.number])).toEqual([
      [1, 2],
      [3, 4],
      [5, 5],
    ])
  })

  it('inside a line only when that line alone is too much, after a sentence or a word', () => {
    const parts = split(linesOf(`short\n${'One sentence of it. '.repeat(200)}\nshort`), 300)
    expect(parts.length).toBeGreaterThan(3)
    for (const part of parts.slice(1, -1)) expect(part.at(-1)?.text).toMatch(/\. $/)
    expect(new Set(parts.flat().map(({ number }) => number))).toEqual(new Set([1, 2, 3]))
  })

  it('so that the parts are the text, in order, and each fits', () => {
    const text = fc.array(
      fc.oneof(fc.string({ maxLength: 60 }), fc.constantFrom('', '# a', '```', '日本語'.repeat(9), '𝒳'.repeat(40))),
    )
    fc.assert(
      fc.property(text, fc.integer({ min: 20, max: 200 }), (lines, room) => {
        const whole = linesOf(lines.join('\n').replaceAll('\r', ''))
        const parts = split(whole, room)
        const together = new Map<number, string>()
        for (const { number, text } of parts.flat()) together.set(number, (together.get(number) ?? '') + text)
        expect([...together.values()]).toEqual(whole.map((line) => line.text))
        for (const part of parts) {
          expect(part.length).toBeGreaterThan(0)
          expect(estimate(linesShown(part))).toBeLessThanOrEqual(room)
          for (const line of part)
            expect(line.text.isWellFormed() || !whole.every((one) => one.text.isWellFormed())).toBe(true)
        }
      }),
    )
  })
})
