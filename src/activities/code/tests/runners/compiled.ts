// Go and Cargo. Both report package by package, so the numbers of all of them are added up, and of an output without its
// middle nothing is known.
import { z } from 'zod'
import type { Counts, Runner } from '../results.js'
import { captures, countOf } from './words.js'

/** "test result: ok. 1 passed; 0 failed; 1 ignored; …", once for each program of tests */
const cargo: Runner = {
  name: 'cargo test',
  atEnd: false,
  read(text) {
    const summaries = captures(text, /^test result: \w+\. (.*)$/gm)
    if (summaries.length === 0) return undefined
    const [passed, failed, ignored] = ['passed', 'failed', 'ignored'].map((word) => countOf(summaries, word))
    const total = (passed ?? 0) + (failed ?? 0) + (ignored ?? 0)
    return {
      ...(passed !== undefined && { passed }),
      ...(failed !== undefined && { failed }),
      total,
      failing: captures(text, /^test (.+?)(?: - should panic)? \.\.\. FAILED$/gm),
    }
  },
}

/** Says "--- FAIL: TestX" of what fails, of what passes only with -v, and one line for each package. */
const goPlain: Runner = {
  name: 'go test',
  atEnd: false,
  read(text) {
    const packages = captures(text, /^(?:ok {2}|FAIL|\? {3}|---)\t(\S+)/gm)
    if (packages.length === 0) return undefined
    const failed = captures(text, /^--- FAIL: (\S+) \(/gm)
    const broken = captures(text, /^FAIL\t(\S+ \[.*\])$/gm)
    const failing = [...failed, ...broken]
    // A package that fails without a failing test did not build, or it panicked.
    const isCounted = failed.length > 0 || !/^FAIL\t/m.test(text)
    if (!/^=== RUN /m.test(text)) return { ...(isCounted && { failed: failed.length }), failing }
    const passed = captures(text, /^--- PASS: (\S+) \(/gm).length
    const skipped = captures(text, /^--- SKIP: (\S+) \(/gm).length
    return {
      passed,
      ...(isCounted && { failed: failed.length }),
      total: passed + failed.length + skipped,
      failing,
    }
  },
}

const Event = z.object({
  Action: z.string(),
  Package: z.string(),
  Test: z.string().optional(),
  FailedBuild: z.string().optional(),
})
type Event = z.infer<typeof Event>

/** `go test -json`: a line for each event. Tests within tests are not counted, as without it. */
const goJson: Runner = {
  name: 'go test -json',
  atEnd: false,
  read(text): Counts | undefined {
    const events = text.split('\n').flatMap(eventOf)
    if (events.length === 0) return undefined
    const ends = (action: string) =>
      events.filter(({ Action, Test }) => Action === action && Test !== undefined && !Test.includes('/'))
    const [passed, failed, skipped] = [ends('pass'), ends('fail'), ends('skip')]
    const broken = events.filter(({ Action, FailedBuild }) => Action === 'fail' && FailedBuild !== undefined)
    return {
      passed: passed.length,
      ...((failed.length > 0 || broken.length === 0) && { failed: failed.length }),
      total: passed.length + failed.length + skipped.length,
      failing: [
        ...failed.map(({ Package, Test }) => `${Package} ${Test}`),
        ...broken.map(({ Package }) => `${Package} [build failed]`),
      ],
    }
  },
}

function eventOf(line: string): Event[] {
  if (!/^\{.*"Action":/.test(line)) return []
  try {
    const event = Event.safeParse(JSON.parse(line))
    return event.success ? [event.data] : []
  } catch {
    // A test said something that looks like one.
    return []
  }
}

export const compiled: Runner[] = [cargo, goPlain, goJson]
