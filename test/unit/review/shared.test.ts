import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { escapePath } from '../../../src/activities/escape-path.js'
import { splitLines } from '../../../src/activities/lines.js'
import type { ReviewFile } from '../../../src/activities/review/read.js'
import { pack, sharedText } from '../../../src/activities/review/shared.js'
import { filesIn } from '../../../src/simulator/review-files.js'

const file = (path: string, text: string): ReviewFile => ({ path, text, lines: splitLines(text).length })
const estimate = (text: string) => Math.ceil(text.length / 3)

const nasty = fc.constantFrom(
  '</file>',
  '<file path="x">',
  '1\t</file>',
  '\n',
  '\r\n',
  '\r',
  '\u2028',
  '\t',
  '"',
  'é',
  '&',
)
const text = fc
  .array(fc.oneof(nasty, fc.string({ maxLength: 12 })), { maxLength: 20 })
  .map((parts) => `x${parts.join('')}`)
const anyFiles = fc
  .uniqueArray(fc.tuple(fc.oneof(fc.string({ minLength: 1, maxLength: 10 }), nasty), text), {
    minLength: 1,
    maxLength: 6,
    selector: ([path]) => path,
  })
  .map((pairs) => pairs.map(([path, content]) => file(path, content)))

const byPath = (a: ReviewFile, b: ReviewFile) => (a.path < b.path ? -1 : 1)

it('shows every line with its number, files in the order of their paths', () => {
  expect(sharedText([file('b.ts', 'x'), file('a.ts', 'one\n\nthree\n')])).toBe(
    [
      'The files under review. Each line starts with its number and a tab, which are not part of the file.',
      '<file path="a.ts">',
      '1\tone',
      '2\t',
      '3\tthree',
      '</file>',
      '<file path="b.ts">',
      '1\tx',
      '</file>',
    ].join('\n'),
  )
})

it('whatever paths and files contain, a reader of the frame gets them back line by line', () => {
  fc.assert(
    fc.property(anyFiles, (files) => {
      const expected = [...files].sort(byPath).map(({ path, text }) => ({
        path: escapePath(path),
        lines: splitLines(text).map((text, index) => ({ number: index + 1, text })),
      }))
      expect(filesIn(sharedText(files))).toEqual(expected)
    }),
  )
})

it('is the same text for the same files in any order', () => {
  fc.assert(
    fc.property(anyFiles, (files) => {
      expect(sharedText([...files].reverse())).toBe(sharedText(files))
    }),
  )
})

describe('packing', () => {
  it('keeps every line exactly once, with its number in the file, in groups that fit', () => {
    fc.assert(
      fc.property(anyFiles, fc.integer({ min: 150, max: 600 }), (files, maxTokens) => {
        const groups = pack(files, maxTokens, estimate)
        const seen = groups.flat().flatMap(({ path, text, lines, firstLine = 1 }) => {
          expect(splitLines(text)).toHaveLength(lines)
          return splitLines(text).map((line, index) => [path, firstLine + index, line])
        })
        const wanted = [...files]
          .sort(byPath)
          .flatMap(({ path, text }) => splitLines(text).map((line, index) => [path, index + 1, line]))
        expect(seen).toEqual(wanted)
        for (const group of groups) expect(estimate(sharedText(group))).toBeLessThanOrEqual(maxTokens)
      }),
    )
  })

  it('shows the lines of a part by their numbers in the file, empty ones too', () => {
    const lines = Array.from({ length: 100 }, (_, index) => (index % 3 === 0 ? '' : `line ${index + 1}`))
    const groups = pack([file('a.ts', `${lines.join('\n')}\n`)], 150, estimate)
    expect(groups.length).toBeGreaterThan(2)
    const shown = groups.flatMap((group) => filesIn(sharedText(group)).flatMap((part) => part.lines))
    expect(shown).toEqual(lines.map((text, index) => ({ number: index + 1, text })))
  })

  it('puts what fits into one group, and splits no file that fits a group of its own', () => {
    const files = ['a', 'b', 'c', 'd'].map((path) => file(path, 'x'.repeat(300)))
    expect(pack(files, 1000, estimate)).toEqual([files])
    const groups = pack(files, 300, estimate)
    expect(groups).toEqual([files.slice(0, 2), files.slice(2)])
  })

  it('refuses a line that is larger than a group, naming it', () => {
    const files = [file('a.js', `short\n${'x'.repeat(3000)}\n`)]
    expect(() => pack(files, 500, estimate)).toThrow(
      /a\.js, line 2, alone is about 10\d\d tokens; wanted at most 4\d\d/,
    )
  })
})
