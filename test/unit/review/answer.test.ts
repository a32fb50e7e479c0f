import { expect, it } from 'vitest'
import { parseExpertAnswer } from '../../../src/activities/review/answer.js'

it('reads an answer, also an empty one', () => {
  const finding = { file: 'a.ts', line: 1, severity: 'low', title: 't', detail: 'd' }
  expect(parseExpertAnswer(JSON.stringify({ findings: [finding] }))).toEqual({ findings: [finding] })
  expect(parseExpertAnswer('{"findings":[]}')).toEqual({ findings: [] })
})

it.each([
  ['', /not JSON: got nothing/],
  ['I found nothing.', /not JSON: got "I found nothing\."/],
  ['{"findings":[{"file":"a', /not JSON/],
  ['[]', /another shape.*input/],
  [
    '{"findings":[{"file":"a","line":1,"severity":"huge","title":"t","detail":"d"}]}',
    /findings\.0\.severity.*got "huge"/,
  ],
  ['{"findings":[{"file":"a","line":1.5,"severity":"low","title":"t","detail":"d"}]}', /findings\.0\.line.*got 1\.5/],
])('%j is refused, naming what was got', (text, message) => {
  expect(() => parseExpertAnswer(text)).toThrow(message)
})
