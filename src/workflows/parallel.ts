// Many independent calls at once, each with an honest outcome: plan and price, approval where it is due, fan-out.
import type { ParallelResult } from '../contracts/outcome.js'
import type { ParallelInput } from '../contracts/schemas/index.js'
import { fanOut } from './patterns/fan-out/fan-out.js'
import { showProgress } from './patterns/page/progress.js'
import { conclude, toItsEnd } from './patterns/run/conclude.js'
import { continuedFrom, type Input } from './patterns/run/continuation.js'
import { planned } from './patterns/run/planned.js'
import { openRun } from './patterns/run/run.js'
import { steer } from './patterns/run/steering.js'

export async function parallel(input: Input<ParallelInput>): Promise<ParallelResult> {
  const continued = continuedFrom(input)
  const run = openRun('parallel', continued)
  steer(run)
  showProgress(run)
  return toItsEnd(run, async () => {
    const plan = continued?.plan ?? (await planned(run, 'parallel', input))
    if (plan) await fanOut(run, plan)
    return conclude(run)
  })
}
