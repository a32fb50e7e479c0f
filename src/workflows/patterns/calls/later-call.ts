// A call that follows from the answers of a fan-out: a review's summary, a synthesis of documents. An item like any
// other: none is made while a run is paused, nor for one that a person stopped, whose result is put together from what is
// there.
import { CancellationScope, condition, patched } from '@temporalio/workflow'
import type { ItemResult } from '../../../contracts/outcome.js'
import type { Plan } from '../../../contracts/plan.js'
import type { Ref } from '../../../contracts/refs.js'
import type { Usd } from '../../../contracts/usage.js'
import { paidCall, setAside } from '../budget/paid-call.js'
import { commonOf } from '../fan-out/fan-out.js'
import { changed, endItem, type Run } from '../run/run.js'
import { skipped } from './call.js'

/** Where the stored request of such a call is. */
export type Later = { id: string; page: Ref; index: number; model: string; worstUsd?: Usd }

const SECONDS = 300

export async function laterCall(
  run: Run,
  plan: Plan,
  { id, page, index, model, worstUsd }: Later,
): Promise<ItemResult> {
  // Asked only when it is so: runs that made such a call while they were paused go on as they began.
  if (run.paused && patched('paused-later-call')) await condition(() => !run.paused || run.stopped)
  if (run.stopped) {
    const result = skipped(id)
    endItem(run, result, 0)
    return result
  }
  const money = run.budget && (await setAside(run, { id, ...(worstUsd !== undefined && { worstUsd }) }))
  if (money && 'instead' in money) {
    endItem(run, money.instead, 0)
    return money.instead
  }
  const scope = new CancellationScope()
  run.running.set(id, scope)
  changed(run)
  const request = { ...commonOf(run, plan, id, model), page, index, leader: false, timeoutSeconds: SECONDS }
  const { result, savedUsd } = await paidCall(run, request, id, scope, money)
  endItem(run, result, savedUsd)
  return result
}
