// Several experts look at the same files at once; code merges what they found, one more call sums it up. Without that
// call the report stands, and the run says "partial". Asked to, an agent then works off what they found.
import type { ReviewResult } from '../contracts/outcome.js'
import type { ReviewInput } from '../contracts/schemas/index.js'
import { audited } from './patterns/agent/audited-run.js'
import { fanOut } from './patterns/fan-out/fan-out.js'
import { showProgress } from './patterns/page/progress.js'
import { fixes, fixFindings } from './patterns/review/fix.js'
import { reportOf } from './patterns/review/report.js'
import { conclude, toItsEnd } from './patterns/run/conclude.js'
import { continuedFrom, type Input } from './patterns/run/continuation.js'
import { planned } from './patterns/run/planned.js'
import { openRun } from './patterns/run/run.js'
import { steer } from './patterns/run/steering.js'

export async function review(input: Input<ReviewInput>): Promise<ReviewResult> {
  const continued = continuedFrom(input)
  const run = openRun('review', continued)
  steer(run)
  showProgress(run)
  return toItsEnd(run, async () => {
    const plan = continued?.plan ?? (await planned(run, 'review', input))
    if (!plan) return conclude(run)
    await fanOut(run, plan)
    const reported = await reportOf(run, plan)
    if (!reported || !fixes(plan)) return conclude(run, { ...reported?.report })
    const { root, fix } = plan
    return audited(run, { root, kept: fix.audit }, async () =>
      conclude(run, { ...reported.report, ...(await fixFindings(run, plan, reported.findings)) }),
    )
  })
}
