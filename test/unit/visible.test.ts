// What a person is shown is all there is: nothing in it hides, turns round or pretends to be something else.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { visible, visibleJson, visibleLine } from '../../src/contracts/visible.js'

it.each([
  ['rm \u202etxt.exe', 'rm \\u{202e}txt.exe'],
  ['a\u200bb\u2060c\ufeffd', 'a\\u{200b}b\\u{2060}c\\u{feff}d'],
  ['a\u0000b\u001b[2Kc\u007f\u009b', 'a\\u{0}b\\u{1b}[2Kc\\u{7f}\\u{9b}'],
  ['a\rb\tc', 'a\\u{d}b\\u{9}c'],
  ['\u{e0072}\u{e006d}', '\\u{e0072}\\u{e006d}'],
  ['a\u00a0b\u3000c\u2028d\u3164', 'a\\u{a0}b\\u{3000}c\\u{2028}d\\u{3164}'],
  ['\ud800', '\\u{d800}'],
  ['p\u0430ypal.com', 'p\\u{430}ypal.com'],
  ['\u0441\u043e\u0440', '\\u{441}\\u{43e}\\u{440}'],
  ['ｒｍ／', '\\u{ff52}\\u{ff4d}\\u{ff0f}'],
  ['a\u2044b\u2215c\u2024d', 'a\\u{2044}b\\u{2215}c\\u{2024}d'],
  ['says \\u{202e}', 'says \\\\u{202e}'],
  [
    'plain text, “quotes” — naïve café ½ 日本語 привет мир Ωμέγα',
    'plain text, “quotes” — naïve café ½ 日本語 привет мир Ωμέγα',
  ],
  ['two\nlines', 'two\nlines'],
])('%j is shown as %j', (text, shown) => {
  expect(visible(text)).toBe(shown)
})

it('a line has no breaks', () => {
  expect(visibleLine('a\nb\u2029c')).toBe('a\\nb\\u{2029}c')
})

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom(
      'a',
      'р',
      'α',
      '\u202e',
      '\u200d',
      '\\',
      'u',
      '{',
      '}',
      '\n',
      '\ud83d',
      '\ude00',
      'ﬁ',
      '\u3000',
    ),
  }),
)

it('arguments are valid JSON of the same value, without a character that is not seen', () => {
  fc.assert(
    fc.property(fc.dictionary(text, fc.oneof(text, fc.jsonValue())), (value) => {
      const shown = visibleJson(value)
      expect(JSON.parse(shown)).toEqual(JSON.parse(JSON.stringify(value)))
      expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u)
    }),
    { numRuns: 2000 },
  )
})

it('two texts that differ are shown differently', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      if (a !== b) expect(visible(a)).not.toBe(visible(b))
    }),
    { numRuns: 10_000 },
  )
})
