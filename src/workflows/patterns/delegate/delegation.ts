// A model plans, code judges the plan, and the model is asked again until a plan passes, or the task is answered in one
// call. Every plan that is asked for counts against the calls of the task.
import { stepOf } from '../../../contracts/call.js'
import type { DelegationPlan } from '../../../contracts/delegate.js'
import { FAILURE } from '../../../contracts/failures.js'
import type { ItemResult } from '../../../contracts/outcome.js'
import type { Plan } from '../../../contracts/plan.js'
import { addUsd, noUsage } from '../../../contracts/usage.js'
import { askOne } from '../calls/ask-one.js'
import { type Ended, steps } from '../calls/call.js'
import type { Refine } from '../run/planned.js'
import { endItem, type Run } from '../run/run.js'

/** @returns what asks for plans; that gives back undefined when planning ended without an outcome to go on with. */
export function delegating(run: Run): Refine {
  let used = 0
  // The same request again is answered from the journal: what it cost counts once.
  const paid = new Set<string>()
  const ask = async (plan: DelegationPlan): Promise<Ended> => {
    const [item] = plan.items
    if (item === undefined) throw new Error('a task that is not planned has the planner as its item')
    const step = `${stepOf(item.id)} ${plan.pages[item.page]}`
    const { result, savedUsd, reused } = await askOne(run, plan, item, step)
    used++
    if (!paid.has(step)) {
      paid.add(step)
      return { result, savedUsd, reused }
    }
    return { result: { ...result, usage: noUsage(), usd: 0, attempts: 0 }, savedUsd: 0, reused }
  }
  return async (given, note) => {
    let plan = delegationOf(given)
    if (note !== undefined) plan = (await steps.judgePlan({ plan, used, spentUsd: run.totals.usd, note })).plan
    while (plan.delegation.stage === 'plan') {
      run.plan = plan
      const { result, savedUsd } = await ask(plan)
      const answer = toBeJudged(result)
      if (answer === undefined) {
        endItem(run, result, savedUsd)
        return undefined
      }
      const spentUsd = addUsd(run.totals.usd, result.usd)
      const judged = await steps.judgePlan({ plan, used, spentUsd, answer })
      endItem(run, planningOf(result, judged.refused), savedUsd)
      plan = judged.plan
    }
    return plan
  }
}

/** A plan of the wrong shape is refused like any other; an answer that never came cannot be judged. */
function toBeJudged({ status, output, error }: ItemResult): { output?: unknown; problem?: string } | undefined {
  if (status === 'ok') return { output }
  return error?.type === FAILURE.outputInvalid ? { problem: error.message } : undefined
}

/** Planning went well when it came to a decision, whatever became of single plans; those are warned of. */
function planningOf({ error: _, ...result }: ItemResult, refused: string[]): ItemResult {
  const warnings = refused.length === 0 ? [] : [`a plan was refused: ${refused.join('; ')}`]
  return { ...result, status: 'ok', warnings: [...result.warnings, ...warnings] }
}

export function delegationOf(plan: Plan): DelegationPlan {
  if (plan.delegation === undefined) throw new Error('the plan of a delegation says how it is delegated')
  return { ...plan, delegation: plan.delegation }
}
