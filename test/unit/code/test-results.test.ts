// What runners say, as they said it (test/fixtures/test-output), and what is made of it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readResults } from '../../../src/activities/code/tests/results.js'

const outputOf = (name: string) =>
  readFileSync(join(import.meta.dirname, `../../fixtures/test-output/${name}.txt`), 'utf8')
const GO = 'example.com/numbers/c [build failed]'

it.each<[name: string, passed?: number, total?: number]>([
  ['vitest-ok', 1, 2],
  ['vitest-colours-ok', 1, 2],
  ['jest-ok', 1, 3],
  ['mocha-ok', 1, 2],
  ['node-tap-ok', 2, 3],
  ['node-spec-ok', 2, 3],
  ['pytest-ok', 1, 2],
  ['pytest-q-ok', 1, 2],
  ['unittest-ok', 1, 2],
  ['cargo-ok', 3, 4],
  // Without -v it does not say how many passed.
  ['go-ok'],
  ['go-v-ok', 1, 2],
  ['go-json-ok', 1, 2],
])('%s: %s of %s', (name, passed, total) => {
  const known = total === undefined ? {} : { passed, total }
  expect(readResults(outputOf(name), 0)).toEqual({ ...known, failed: 0, ok: true, failing: [] })
})

it.each<[name: string, passed: number | undefined, failed: number, total: number | undefined, failing: string[]]>([
  ['vitest-bad', 2, 1, 4, ['c.test.ts', 'b.test.ts > numbers > multiply']],
  ['vitest-colours-bad', 2, 1, 4, ['c.test.ts', 'b.test.ts > numbers > multiply']],
  ['jest-bad', 2, 1, 5, ['j-bad/b.test.js', 'j-bad/c.test.js']],
  ['mocha-bad', 2, 1, 4, ['more numbers › multiply']],
  ['node-tap-bad', 2, 2, 5, ['multiplies', 'divides']],
  ['node-spec-bad', 2, 2, 5, ['multiplies', 'divides']],
  ['pytest-bad', 2, 2, 6, ['tests/test_b.py::test_even[1]', 'tests/test_b.py::test_uses']],
  ['pytest-q-bad', 2, 2, 6, ['tests/test_b.py::test_even[1]', 'tests/test_b.py::test_uses']],
  [
    'unittest-bad',
    2,
    3,
    6,
    [
      'test_errs (test_b.More.test_errs)',
      'setUpClass (test_b.Never)',
      'test_fails (test_b.More.test_fails)',
      'test_parts (test_b.More.test_parts)',
    ],
  ],
  ['cargo-bad', 2, 1, 4, ['broken']],
  ['go-bad', undefined, 1, undefined, ['TestBad', GO]],
  ['go-v-bad', 1, 1, 3, ['TestBad', GO]],
  ['go-json-bad', 1, 1, 3, ['example.com/numbers/a TestBad', GO]],
])('%s: %s passed, %s failed of %s', (name, passed, failed, total, failing) => {
  const known = { ...(passed !== undefined && { passed }), ...(total !== undefined && { total }) }
  expect(readResults(outputOf(name), 1)).toEqual({ ...known, failed, ok: false, failing })
})

it('a runner that found no test, or one nobody knows, is judged by how it exited', () => {
  for (const name of ['vitest-none', 'jest-none'])
    expect(readResults(outputOf(name), 1)).toEqual({ ok: false, failing: [] })
  expect(readResults(outputOf('pytest-none'), 5)).toMatchObject({ total: 0, ok: false })
  expect(readResults('all is well: 7 passed\n', 0)).toEqual({ ok: true, failing: [] })
  expect(readResults('all is well\n', 2)).toEqual({ ok: false, failing: [] })
  expect(readResults('', null)).toEqual({ ok: false, failing: [] })
})

it('what says that tests failed is not believed to be well because of its exit status', () => {
  expect(readResults(outputOf('jest-bad'), 0)).toMatchObject({ failed: 1, ok: false })
  expect(readResults(outputOf('jest-ok'), 1)).toMatchObject({ failed: 0, ok: false })
})

it('several packages are added up, of different runners, too', () => {
  const twice = outputOf('vitest-bad') + outputOf('vitest-ok')
  expect(readResults(twice, 1)).toMatchObject({ passed: 3, failed: 1, total: 6 })
  expect(readResults(outputOf('vitest-ok') + outputOf('unittest-ok'), 0)).toMatchObject({ passed: 2, total: 4 })
  // Go does not say how many passed, so nobody knows how many did in all.
  const both = readResults(outputOf('vitest-ok') + outputOf('go-ok'), 0)
  expect(both).toEqual({ failed: 0, ok: true, failing: [] })
})

it('without its middle an output counts only where the runner says all of it at its end', () => {
  const cut = (name: string) => readResults(`begin\n… (5 bytes left out) …\n${outputOf(name)}`, 1)
  expect(cut('vitest-bad')).toMatchObject({ passed: 2, failed: 1, total: 4 })
  expect(cut('cargo-bad')).toEqual({ ok: false, failing: [] })
  expect(cut('go-v-bad')).toEqual({ ok: false, failing: [] })
})

it('of very many failing tests some are named, none at endless length', () => {
  const many = Array.from({ length: 50 }, (_, index) => `FAILED tests/test_a.py::test_${index}${'x'.repeat(300)}`)
  const { failing, failed } = readResults(`${many.join('\n')}\n50 failed in 0.10s\n`, 1)
  expect([failed, failing.length, failing[0]?.length]).toEqual([50, 20, 200])
})
