import { expect, it } from 'vitest'
import { type AnswerParts, writeAnswer } from '../../../src/activities/documents/answer.js'
import type { Reading } from '../../../src/activities/documents/gather.js'
import { synthesisPrompt } from '../../../src/activities/documents/synthesis-prompt.js'

const reading = (more: Partial<Reading>): Reading => ({
  ...{ id: 'a.md', path: 'a.md', where: '', question: 0, says: true, text: 'It says so.' },
  citations: [{ file: 'a.md', line: 3, quote: 'so', verified: true }],
  ...more,
})
const parts = (more: Partial<AnswerParts>): AnswerParts => ({
  ...{ title: '1 question on 1 document', simulated: false, questions: ['Is it so?'] },
  ...{ readings: [reading({})], syntheses: [undefined], failed: [], leftOut: [] },
  ...more,
})

it('shows the synthesis, and every quote with its place and whether it is there', () => {
  const citations = [
    { file: 'a.md', line: 3, quote: 'so', verified: true },
    { file: 'b.pdf', page: 2, quote: 'not so', verified: false },
    { file: 'c.png', quote: 'a sign', verified: null },
  ]
  const text = writeAnswer(parts({ readings: [reading({ citations })], syntheses: [{ text: 'Yes.' }] }))
  expect(text).toContain('## Is it so?\n\nYes.\n\n### Quotes')
  expect(text).toContain('- `a.md:3`: “so”\n')
  expect(text).toContain('- `b.pdf`, page 2: “not so” · **unverified**: not found there\n')
  expect(text).toContain('- `c.png`: “a sign” · cannot be checked\n')
  expect(text).not.toContain('It says so.')
  expect(text).not.toContain('SIMULATED')
})

it('stands without a synthesis: each document has its say, and why nothing was combined is said', () => {
  const readings = [
    reading({}),
    reading({ path: 'b.md', where: '1-20', text: 'Not so.' }),
    reading({ path: 'c.md', says: false }),
  ]
  const text = writeAnswer(parts({ readings, syntheses: [{ note: 'not today' }], simulated: true }))
  expect(text).toContain('*Not combined: not today*')
  expect(text).toContain('### `a.md`\n\nIt says so.')
  expect(text).toContain('### `b.md:1-20`\n\nNot so.')
  expect(text).not.toContain('c.md')
  expect(text).toContain('**SIMULATED**')
})

it('names what was not answered and what was not read, and says when nothing is said', () => {
  const failed = [{ id: 'b.md', status: 'error' as const, note: 'too large' }]
  const leftOut = [{ path: 'x.bin', reason: 'not text' }]
  const text = writeAnswer(parts({ failed, leftOut, readings: [reading({ says: false, citations: [] })] }))
  expect(text).toContain('None of the documents says anything about it.')
  expect(text).toContain('## Not answered\n\n- `b.md`: error: too large')
  expect(text).toContain('## Left out\n\n- `x.bin`: not text')
  expect(writeAnswer(parts({ readings: [] }))).toContain('*No answer.*')
})

it('keeps the points of each document beside what combines them, and a document cannot open a heading', () => {
  const text = writeAnswer(
    parts({ questions: [], readings: [reading({ text: '- one\n# two' })], syntheses: [{ text: 'Together.' }] }),
  )
  expect(text).toContain('## Key points\n\nTogether.\n\n### `a.md`\n\n- one\n\\# two')
})

it('asks for a synthesis with a share for every document, however many and long they are', () => {
  const readings = Array.from({ length: 300 }, (_, index) =>
    reading({ path: `${index}.md`, text: 'word '.repeat(5000) }),
  )
  const prompt = synthesisPrompt('Is it so?', [...readings, reading({ says: false })])
  expect(prompt.length).toBeLessThan(200_000)
  expect(prompt).toContain('<question>\nIs it so?\n</question>')
  for (const index of [0, 150, 299]) expect(prompt).toContain(`{"document":"${index}.md"`)
  expect(prompt).toContain('1 more had nothing to say')
  expect(
    synthesisPrompt(
      undefined,
      Array.from({ length: 2000 }, () => reading({})),
    ),
  ).toMatch(/1200 more did not fit/)
})
