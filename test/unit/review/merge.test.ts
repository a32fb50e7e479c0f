import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Answer, mergeFindings } from '../../../src/activities/review/merge.js'

const files = [
  { path: 'a.ts', lines: 10 },
  { path: 'b&c.ts', lines: 3 },
]
type Found = Answer['findings'][number]
const found = (over: Partial<Found> = {}): Found => ({
  file: 'a.ts',
  line: 5,
  severity: 'medium',
  title: 'A title',
  detail: 'A detail.',
  ...over,
})
const by = (expert: string, ...findings: Partial<Found>[]): Answer => ({ expert, findings: findings.map(found) })

it.each([
  [{ line: 1 }, true],
  [{ line: 10 }, true],
  [{ line: 0 }, false],
  [{ line: -1 }, false],
  [{ line: 11 }, false],
  [{ file: 'c.ts' }, false],
  [{ file: '__proto__' }, false],
])('a finding at %j is verified: %j', (over, verified) => {
  expect(mergeFindings([by('security', over)], files)).toMatchObject([{ verified }])
})

it('takes a path as it was shown, escaped or with ./ in front, for the file it means', () => {
  const answers = [by('security', { file: 'b&amp;c.ts', line: 1 }, { file: './b&c.ts', line: 2 }, { file: '/a.ts' })]
  const places = mergeFindings(answers, files).map(({ file, line, verified }) => [file, line, verified])
  expect(places).toEqual([
    ['a.ts', 5, true],
    ['b&c.ts', 1, true],
    ['b&c.ts', 2, true],
  ])
})

it('merges what several experts say of one place: highest severity, every detail, all names', () => {
  const answers = [
    by('own', { title: 'a  title!', detail: 'Mine.' }),
    by('correctness', { title: 'Wrong bound', detail: 'Off by one.' }),
    by('security', { severity: 'high', title: 'A title', detail: 'Reads past the end.' }),
  ]
  expect(mergeFindings(answers, files)).toEqual([
    {
      expert: 'security, correctness, own',
      file: 'a.ts',
      line: 5,
      severity: 'high',
      title: 'A title',
      detail: 'security: Reads past the end.\n\ncorrectness, medium, Wrong bound: Off by one.\n\nown, medium: Mine.',
      verified: true,
    },
  ])
})

it('keeps two problems one expert sees at one place apart, and one it says twice together', () => {
  const answers = [
    by('security', { title: 'No check' }, { title: 'Injection' }),
    by('security', { title: 'no check.' }),
  ]
  expect(mergeFindings(answers, files).map(({ title, detail }) => [title, detail])).toEqual([
    ['Injection', 'A detail.'],
    ['No check', 'A detail.'],
  ])
})

it('sorts by severity, then file, then line as a number', () => {
  const answers = [
    by('api', { line: 10 }, { line: 9 }, { file: 'b&c.ts', line: 1, severity: 'critical' }),
    by('tests', { line: 2, severity: 'low' }, { line: 3, severity: 'high' }),
  ]
  const places = mergeFindings(answers, files).map(({ severity, file, line }) => `${severity} ${file}:${line}`)
  expect(places).toEqual(['critical b&c.ts:1', 'high a.ts:3', 'medium a.ts:9', 'medium a.ts:10', 'low a.ts:2'])
})

it('makes a title one line', () => {
  expect(mergeFindings([by('api', { title: ' a\n## b ' }, { title: ' ', line: 6 })], files)).toMatchObject([
    { title: 'a ## b' },
    { title: '(no title)' },
  ])
})

const anyFinding: fc.Arbitrary<Found> = fc.record({
  file: fc.constantFrom('a.ts', 'b&c.ts', './a.ts', 'no.ts'),
  line: fc.integer({ min: 0, max: 3 }),
  severity: fc.constantFrom('critical', 'high', 'medium', 'low'),
  title: fc.constantFrom('One', 'one.', 'Two', '', '!', '?'),
  detail: fc.constantFrom('x', 'y', ''),
})
const anyAnswers = fc.array(
  fc.record({
    expert: fc.constantFrom('security', 'api', 'own', 'zeta'),
    findings: fc.array(anyFinding, { maxLength: 6 }),
  }),
  { maxLength: 5 },
)

it('the result does not depend on who answered first, and loses no place', () => {
  const shuffled = anyAnswers.chain((answers) =>
    fc.tuple(fc.constant(answers), fc.shuffledSubarray(answers, { minLength: answers.length })),
  )
  fc.assert(
    fc.property(shuffled, ([answers, other]) => {
      const reversed = other.map((answer) => ({ ...answer, findings: [...answer.findings].reverse() }))
      const merged = mergeFindings(answers, files)
      expect(mergeFindings(reversed, files)).toEqual(merged)
      const place = ({ file, line }: { file: string; line: number }) => `${file.replace('./', '')}:${line}`
      const wanted = new Set(answers.flatMap((answer) => answer.findings.map(place)))
      expect(new Set(merged.map(place))).toEqual(wanted)
    }),
  )
})
