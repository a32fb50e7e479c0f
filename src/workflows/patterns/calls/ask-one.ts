// One call outside a fan-out: it waits while the run is paused, can be stopped like any item, and its outcome is handed
// back for the workflow to decide about.
import { CancellationScope, condition } from '@temporalio/workflow'
import { stepOf } from '../../../contracts/call.js'
import type { Plan, PlannedItem } from '../../../contracts/plan.js'
import { paidCall, setAside } from '../budget/paid-call.js'
import { requestOf } from '../fan-out/fan-out.js'
import { wasInterrupted } from '../run/interruption.js'
import { changed, type Run } from '../run/run.js'
import { type Ended, skipped } from './call.js'

/** @param step its name in the journal; default the item's. */
export async function askOne(run: Run, plan: Plan, item: PlannedItem, step = stepOf(item.id)): Promise<Ended> {
  if (run.paused) await condition(() => !run.paused || run.stopped)
  if (wasInterrupted(run, item.id)) {
    const status = run.stopped ? ('skipped' as const) : ('interrupted' as const)
    return { result: { ...skipped(item.id), status }, savedUsd: 0, reused: true }
  }
  const money = run.budget && (await setAside(run, item))
  if (money && 'instead' in money) return { result: money.instead, savedUsd: 0, reused: true }
  const scope = new CancellationScope()
  run.running.set(item.id, scope)
  run.state = 'running'
  changed(run)
  return paidCall(run, { ...requestOf(run, plan, item, false), step }, item.id, scope, money)
}
