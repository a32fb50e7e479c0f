// What becomes of the planner's answer: parts with a share of the calls each, one call after all, or another plan. Nothing
// a model wrote is acted on before it went through here.
import { ApplicationFailure } from '@temporalio/activity'
import {
  ANSWER_ITEM,
  type DelegationPlan,
  type JudgedPlan,
  type JudgePlanRequest,
  PLAN_ITEM,
  under,
} from '../../contracts/delegate.js'
import { FAILURE } from '../../contracts/failures.js'
import { isTextRef } from '../../contracts/refs.js'
import { DelegationAnswer } from '../../contracts/schemas/index.js'
import type { CallDeps } from '../call/deps.js'
import type { StoredCall } from '../call/request.js'
import { digestOf } from '../digest.js'
import { storePages } from '../prepare/pages.js'
import { worstIn } from '../prepare/worst.js'
import { readableStorageErrors } from '../storage-errors.js'
import { type Assignment, againCall, readAssignment, workerCall } from './assignment.js'
import { delegationRecord } from './delegation-record.js'
import { faultsOf } from './plan-rules.js'
import { priceAlone } from './price.js'
import { MOST_TRIES, mayPlanAgain, partsAtMost } from './shares.js'
import { splitInto } from './split.js'

export function createJudgePlan({ store }: CallDeps) {
  return async function judgePlan(request: JudgePlanRequest): Promise<JudgedPlan> {
    return readableStorageErrors(async () => {
      const { plan } = request
      const assignment = await readAssignment(store, plan.delegation.assignment)
      if (request.note !== undefined) return { plan: await replanned(request, assignment, request.note), refused: [] }
      const { answer, faults } = judged(await outputOf(request), request, assignment)
      if (faults.length > 0) return refused(request, assignment, answer, faults)
      const { parts, alone } = answer
      const accepted =
        parts.length === 0
          ? await inOneCall(request, assignment, alone ?? '')
          : await splitInto(store, request, assignment, parts)
      return { plan: await kept(accepted), refused: [] }
    })
  }

  /** The answer, or what is wrong with it. */
  function judged(output: unknown, { plan, used, answer }: JudgePlanRequest, { ancestors }: Assignment) {
    const parsed = DelegationAnswer.safeParse(output)
    const none: DelegationAnswer = { parts: [] }
    if (!parsed.success) return { answer: none, faults: [answer?.problem ?? 'it is not a plan of the wanted shape'] }
    const most = partsAtMost(plan.delegation.calls, used)
    return { answer: parsed.data, faults: faultsOf(parsed.data, { ancestors, most }) }
  }

  async function outputOf({ answer }: JudgePlanRequest): Promise<unknown> {
    const output = answer?.output
    return isTextRef(output) ? JSON.parse(await store.text(output.ref)) : output
  }

  async function refused(
    request: JudgePlanRequest,
    assignment: Assignment,
    answer: DelegationAnswer,
    faults: string[],
  ): Promise<JudgedPlan> {
    const { delegation } = request.plan
    if (delegation.tries < MOST_TRIES && mayPlanAgain(delegation.calls, request.used)) {
      const again = await askedAgain(request, assignment, {
        last: JSON.stringify(answer),
        reasons: faults,
        tries: delegation.tries + 1,
      })
      return { plan: again, refused: faults }
    }
    const why = `no plan passed after ${delegation.tries}: ${faults.join('; ')}`
    return { plan: await kept(await inOneCall(request, assignment, why)), refused: faults }
  }

  /** A person wants it otherwise. */
  async function replanned(request: JudgePlanRequest, assignment: Assignment, note: string): Promise<DelegationPlan> {
    const { calls, parts, alone } = request.plan.delegation
    const { used } = request
    if (!mayPlanAgain(calls, used)) {
      const message = `${used} of ${calls} calls went into planning, so there is no other plan: approve or reject this one`
      throw ApplicationFailure.nonRetryable(message, FAILURE.invalidInput)
    }
    const planned = await Promise.all(
      parts.map(async ({ path, splits, assignment }) => {
        const { told } = await readAssignment(store, assignment)
        return { id: path.split('/').at(-1), ...told, delegate: splits }
      }),
    )
    const last = JSON.stringify({ parts: planned, ...(alone !== undefined && { alone }) })
    return askedAgain(request, assignment, { last, reasons: [`The person it is for says: ${note}`], tries: 1 })
  }

  async function askedAgain(
    { plan, used }: JudgePlanRequest,
    assignment: Assignment,
    { tries, ...again }: { last: string; reasons: string[]; tries: number },
  ): Promise<DelegationPlan> {
    const { alone: _, ...rest } = plan.delegation
    const { outline: __, ...before } = plan
    const call = againCall(under(rest.path, PLAN_ITEM), assignment, { ...again, number: used + 1 })
    const items = await itemsOf(plan, assignment, call)
    return { ...before, ...items, delegation: { ...rest, stage: 'plan', tries, parts: [] } }
  }

  async function inOneCall(request: JudgePlanRequest, assignment: Assignment, why: string): Promise<DelegationPlan> {
    const { plan, used, spentUsd } = request
    const { delegation } = plan
    const call = workerCall(under(delegation.path, ANSWER_ITEM), assignment)
    const items = await itemsOf(plan, assignment, call)
    const price = priceAlone(assignment.sizes, { used, spentUsd })
    const alone = why.slice(0, 500)
    return {
      ...plan,
      ...items,
      title: 'one call, not split',
      price,
      digest: digestOf(['delegate', plan.server, items.pages, price, plan.maxRetries, plan.maxWaitSeconds]),
      outline: [`not split: ${alone}`],
      delegation: { ...delegation, stage: 'alone', parts: [], alone },
    }
  }

  async function itemsOf(plan: DelegationPlan, { timeoutSeconds }: Assignment, call: StoredCall) {
    const { pages, items } = await storePages(store, plan.root, [{ call }], timeoutSeconds, worstIn(plan))
    return { pages, items, ...(plan.delegation.fresh && { fresh: items.map(({ id }) => id) }) }
  }

  /** A rerun goes on from the plan that was accepted last. */
  async function kept(plan: DelegationPlan): Promise<DelegationPlan> {
    await store.note(plan.root, delegationRecord(plan.delegation.path), plan)
    return plan
  }
}
