// The tests of the combined work. Where they fail, the agents whose files they name repair it, once; then they say what
// they say, and a person sees it.
import { CancellationScope, condition, isCancellation } from '@temporalio/workflow'
import { TESTS_ITEM, type TestReport } from '../../../contracts/code.js'
import { skipped } from '../calls/call.js'
import { beginAgain, endItem } from '../run/run.js'
import { testing } from './activities.js'
import { workAgain } from './stages.js'
import { agentsOf, tell, type Work } from './work.js'

const REPAIRS = 1

export async function testWork(work: Work): Promise<void> {
  const { run } = work
  if (work.code.test === undefined || run.stopped) return
  beginAgain(run, TESTS_ITEM)
  if (run.paused) await condition(() => !run.paused || run.stopped)
  if (run.stopped) return
  for (let round = 1; ; round++) {
    const tested = await once(work)
    if (!tested) {
      endItem(run, { ...skipped(TESTS_ITEM), status: 'interrupted' }, 0)
      return
    }
    const { report, blamed } = tested
    work.tests = report
    tell(run, `[tests] ${testLine(report)}`)
    const repairers = agentsOf(work).filter(({ id }) => blamed.includes(id))
    if (report.ok || round > REPAIRS || repairers.length === 0 || run.stopped) break
    tell(run, `[tests] to be repaired by ${repairers.map(({ id }) => id).join(', ')}`)
    const note = `${report.command}: ${testLine(report)}${report.failing.length > 0 ? `; failing: ${report.failing.join(', ')}` : ''}`
    await workAgain(work, repairers, () => ({ note, by: 'tests', output: report.output }))
    if (run.stopped) break
  }
  const { tests } = work
  if (!tests) return
  const ended = skipped(TESTS_ITEM)
  if (tests.ok) endItem(run, { ...ended, status: 'ok', text: testLine(tests) }, 0)
  else endItem(run, { ...ended, status: 'error', error: { type: 'TestsFailed', message: testLine(tests) } }, 0)
}

/** @returns undefined when a person stopped them. */
async function once(work: Work) {
  const { run } = work
  const scope = new CancellationScope()
  run.running.set(TESTS_ITEM, scope)
  tell(run, '[tests] started')
  const attempt = (work.attempts.get(TESTS_ITEM) ?? 0) + 1
  work.attempts.set(TESTS_ITEM, attempt)
  const began = Date.now()
  try {
    const tested = await scope.run(() =>
      testing(work.code).testWork({ ...work.of, commit: work.commit, attempt, inlineBytes: work.inlineBytes }),
    )
    // They were made to end: what they say then is nothing about the work.
    return scope.consideredCancelled ? undefined : tested
  } catch (error) {
    const stopped = isCancellation(error) && !CancellationScope.current().consideredCancelled
    if (!stopped) throw error
    return undefined
  } finally {
    run.running.delete(TESTS_ITEM)
    work.workMs += Date.now() - began
  }
}

export function testLine({ ok, passed, total, exitCode, ended }: TestReport): string {
  if (passed !== undefined && total !== undefined) return `${passed}/${total} passing${ok ? '' : ' · failed'}`
  return ok ? 'passed' : `failed (${ended ?? `exit code ${exitCode ?? 'none'}`})`
}
