// Vitest, Jest, Mocha and Node's own runner. Each ends with a summary of all its tests; of several packages run one after
// the other the summaries are added up.
import type { Counts, Runner } from '../results.js'
import { captures, countOf, sumOf } from './words.js'

/** "      Tests  1 failed | 2 passed | 1 skipped (4)", "Tests  no tests" */
const vitest: Runner = {
  name: 'vitest',
  atEnd: true,
  read(text) {
    const summaries = captures(text, /^ *Tests {2}(\d.*\(\d+\)|no tests)$/gm)
    if (summaries.length === 0) return undefined
    return {
      passed: countOf(summaries, 'passed'),
      failed: countOf(summaries, 'failed'),
      total: sumOf(summaries.map((summary) => /\((\d+)\)$/.exec(summary)?.[1] ?? '0')),
      failing: captures(text, /^ ?FAIL {2}(.+?)(?: \[ .* \])?$/gm),
    }
  },
}

/** "Tests:       1 failed, 1 skipped, 2 passed, 4 total" */
const jest: Runner = {
  name: 'jest',
  atEnd: true,
  read(text) {
    const summaries = captures(text, /^Tests: +(.*\d+ total)$/gm)
    if (summaries.length === 0) return undefined
    return {
      passed: countOf(summaries, 'passed'),
      failed: countOf(summaries, 'failed'),
      total: countOf(summaries, 'total'),
      failing: captures(text, /^FAIL (?! )(.+?)(?: \(\d[\d.]* m?s\))?$/gm),
    }
  },
}

/** "  2 passing (3ms)", "  1 pending", "  1 failing" */
const mocha: Runner = {
  name: 'mocha',
  atEnd: true,
  read(text) {
    const passing = captures(text, /^ {2}(\d+) passing \(/gm)
    if (passing.length === 0) return undefined
    const failed = sumOf(captures(text, /^ {2}(\d+) failing$/gm))
    const passed = sumOf(passing)
    const pending = sumOf(captures(text, /^ {2}(\d+) pending$/gm))
    return { passed, failed, total: passed + failed + pending, failing: failed > 0 ? mochaNames(text) : [] }
  },
}

/** After the numbers: "  1) suite", with the test's name below it up to a colon. */
function mochaNames(text: string): string[] {
  const after = text.slice(text.search(/^ {2}\d+ failing$/m))
  return captures(after, /^ {2}\d+\) (.+(?:\n {5,}.+)*?):?\n\n/gm).map((name) =>
    name.replace(/\s*\n\s*/g, ' › ').replace(/:$/, ''),
  )
}

/** As TAP ("# pass 3") and as "spec" ("ℹ pass 3"). */
const nodeTest: Runner = {
  name: 'node --test',
  atEnd: true,
  read(text): Counts | undefined {
    const numbersOf = (word: string) => captures(text, new RegExp(`^[#ℹ] ${word} (\\d+)$`, 'gm'))
    const total = numbersOf('tests')
    const passed = numbersOf('pass')
    const failed = [...numbersOf('fail'), ...numbersOf('cancelled')]
    if (total.length === 0 || passed.length === 0 || failed.length === 0) return undefined
    return { passed: sumOf(passed), failed: sumOf(failed), total: sumOf(total), failing: nodeNames(text) }
  },
}

/** Suites apart: they fail because of a test in them. */
function nodeNames(text: string): string[] {
  const tap = Array.from(
    text.matchAll(/^ *not ok \d+ - (.*)\n +---\n(?: +(?!type).*\n)? *(type: 'suite')?/gm),
    ([, name = '', suite]) => (suite || / # (SKIP|TODO)\b/.test(name) ? [] : [name]),
  )
  const spec = captures(text, /^test at .*\n✖ (.*?)(?: \([\d.]+ms\))?$/gm)
  return [...tap.flat(), ...spec]
}

export const javascript: Runner[] = [vitest, jest, mocha, nodeTest]
