// Many independent calls at once, each with an honest outcome: plan and price, approval where it is due, fan-out.
import type { ParallelResult } from '../contracts/outcome.js'
import type { ParallelInput } from '../contracts/schemas/index.js'
import { conclude, toItsEnd } from './patterns/conclude.js'
import { continuedFrom, type Input } from './patterns/continuation.js'
import { fanOut } from './patterns/fan-out.js'
import { planned } from './patterns/planned.js'
import { showProgress } from './patterns/progress.js'
import { openRun } from './patterns/run.js'
import { steer } from './patterns/steering.js'

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
