import { expect, it } from 'vitest'
import { inline } from '../../src/activities/markdown.js'

it.each([
  '[here](javascript:alert(1))',
  '[here](data:text/html,x)',
  '[here](&#106;avascript:alert(1))',
  '[here]( <vbscript:x> )',
])('a link that could run something does not stay a link: %s', (link) => {
  expect(inline(link)).toMatch(/^\\\[here\]\(/)
})

it.each(['[docs](https://example.org/a)', '[file](src/a.ts)', '[part](#part)', '[up](../b.md)', 'a[0] and [x]'])(
  'an honest link or bracket stays as it is: %s',
  (text) => {
    expect(inline(text)).toBe(text)
  },
)
