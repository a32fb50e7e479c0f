// A task is split by an agent, its parts are worked on at once and may be split again, one call puts the answers together.
// The same code runs at the top and in every part; only the top is priced and asked about.
import { CancellationScope, workflowInfo } from '@temporalio/workflow'
import { type DelegateResult, type DelegationPlan, isPlanning, type PartInput } from '../contracts/delegate.js'
import type { DelegateInput } from '../contracts/schemas/index.js'
import { openBudget } from './patterns/budget/budget.js'
import { delegating, delegationOf } from './patterns/delegate/delegation.js'
import { answerAlone, integrated } from './patterns/delegate/integrate.js'
import { runParts } from './patterns/delegate/parts.js'
import { onCancel } from './patterns/fan-out/fan-out.js'
import { showProgress } from './patterns/page/progress.js'
import { conclude, toItsEnd } from './patterns/run/conclude.js'
import { planned } from './patterns/run/planned.js'
import { openRun, type Run } from './patterns/run/run.js'
import { steer } from './patterns/run/steering.js'

export async function delegate(input: DelegateInput | PartInput): Promise<DelegateResult> {
  const run = openRun('delegate', undefined)
  const part = partOf(input)
  run.takesNotes = part === undefined
  steer(run)
  showProgress(run)
  return toItsEnd(run, async () => {
    if (part !== undefined) return asPart(run, part)
    const plan = await planned(run, 'delegate', input, delegating(run))
    return finished(run, plan && (await worked(run, delegationOf(plan))))
  })
}

/** Cancelled, a part would take its outcome with it: it takes that for an interruption and hands over what it has. */
async function asPart(run: Run, part: DelegationPlan): Promise<DelegateResult> {
  run.plan = part
  openBudget(run, part.budgetUsd)
  const cancelled = onCancel(run)
  return CancellationScope.nonCancellable(async () => {
    const plan = await delegating(run)(part)
    const result = await finished(run, plan && (await worked(run, delegationOf(plan))))
    cancelled.forget()
    return result
  })
}

async function worked(run: Run, plan: DelegationPlan): Promise<Pick<DelegateResult, 'answer' | 'tree'>> {
  run.plan = plan
  if (plan.delegation.stage === 'alone') return answerAlone(run, plan)
  return integrated(run, plan, await runParts(run, plan))
}

/** Planning alone answers nothing: it does not keep a run from having failed. */
function finished(run: Run, answered: Pick<DelegateResult, 'answer' | 'tree'> = {}): Promise<DelegateResult> {
  return conclude(run, answered, { isWork: (item) => !isPlanning(item) })
}

/** Only a run of ours starts parts; written by hand it is an unknown field, refused by `prepare`. */
function partOf(input: unknown): DelegationPlan | undefined {
  if (workflowInfo().parent?.workflowId === undefined) return undefined
  if (typeof input !== 'object' || input === null || !('part' in input)) return undefined
  return (input as PartInput).part
}
