// The planner's task: the request, what the repository has, and, where there was a plan already, that plan and why it is
// not used.
import { plannerTask } from '../../agents/coding/planner.js'
import type { BriefPlannerRequest } from '../../contracts/code.js'
import { isTextRef } from '../../contracts/refs.js'
import type { CallDeps } from '../call/deps.js'
import { readableStorageErrors } from '../storage-errors.js'
import { keptCode, keptPlan } from './keep.js'

export function createBriefPlanner({ store }: CallDeps) {
  return async function briefPlanner({ keep, before }: BriefPlannerRequest): Promise<string> {
    return readableStorageErrors(async () => {
      const { request, files, more, test, after } = await keptCode(store, keep)
      return plannerTask({
        ...{ request, files, more },
        ...(test !== undefined && { test }),
        ...(after !== undefined && { after }),
        ...(before && { before: { plan: await planText(before), note: before.note, by: before.by } }),
      })
    })
  }

  async function planText({ answer, plan }: NonNullable<BriefPlannerRequest['before']>): Promise<string> {
    if (plan !== undefined) return JSON.stringify(await keptPlan(store, plan), null, 1)
    return isTextRef(answer) ? store.text(answer.ref) : JSON.stringify(answer ?? null, null, 1)
  }
}
