// pytest and unittest.
import type { Runner } from '../results.js'
import { captures, countOf, sumOf } from './words.js'

/** "=== 1 failed, 2 passed, 1 error in 0.02s ===", the same without = when it is quiet, "no tests ran in 0.01s" */
const pytest: Runner = {
  name: 'pytest',
  atEnd: true,
  read(text) {
    const summaries = captures(text, /^(?:=+ )?((?:\d+ [a-z]+(?:, )?)+|no tests ran) in [\d.]+s(?: \(.*\))?(?: =+)?$/gm)
    if (summaries.length === 0) return undefined
    const count = (word: string) => countOf(summaries, word)
    const [passed, failed] = [count('passed'), count('failed') + count('error')]
    const others = count('skipped') + count('xfailed') + count('xpassed')
    return {
      passed,
      failed,
      total: passed + failed + others,
      failing: captures(text, /^(?:FAILED|ERROR) (\S+::.*?|\S+\.py)(?: - .*)?$/gm),
    }
  },
}

/** "Ran 6 tests in 0.001s", then "OK (skipped=1)" or "FAILED (failures=3, errors=2, skipped=1)" */
const unittest: Runner = {
  name: 'unittest',
  atEnd: true,
  read(text) {
    const ends = Array.from(text.matchAll(/^Ran (\d+) tests? in [\d.]+s\n\n(.*)$/gm))
    if (ends.length === 0) return undefined
    const sums = ends.map(([, , how = '']) => how)
    const said = (what: string) => sumOf(sums.flatMap((how) => captures(how, new RegExp(`[ (]${what}=(\\d+)`, 'g'))))
    const total = sumOf(ends.map(([, ran = '0']) => ran))
    // Parts of one test are said one by one; a class that cannot be set up is no test, and its tests do not run.
    const failing = [...new Set(captures(text, /^(?:FAIL|ERROR): (\S+ \([\w.]+\))/gm))]
    const tests = failing.filter((name) => !/^(setUp|tearDown)(Class|Module) /.test(name))
    const failed = tests.length + said('unexpected successes')
    const passed = total - failed - said('skipped') - said('expected failures')
    const isWhole = passed >= 0 && (failing.length > 0 || said('failures') + said('errors') === 0)
    if (!isWhole) return { total, failing }
    return { passed, ...((failed > 0 || failing.length === 0) && { failed }), total, failing }
  },
}

export const python: Runner[] = [pytest, unittest]
