// How a run ends, said honestly: the first status that fits, and a workflow that fails only when nothing was answered.
import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  isCancellation,
  TemporalFailure,
} from '@temporalio/workflow'
import { FAILURE } from '../../../contracts/failures.js'
import type { ItemResult, PlannedResult, RunResult, RunStatus } from '../../../contracts/outcome.js'
import { budgetState } from '../budget/ledger.js'
import { skipped } from '../calls/call.js'
import { allResults } from './continuation.js'
import { tellEnd } from './hooks.js'
import { changed, type Run } from './run.js'

/** However the body ends, the run's last state says so: also when it is cancelled or its input refused. */
export async function toItsEnd<R>(run: Run, body: () => Promise<R>): Promise<R> {
  try {
    const result = await body()
    await tellEnd(run)
    return result
  } catch (error) {
    if (error instanceof TemporalFailure) {
      run.state = isCancellation(error) ? 'interrupted' : 'failed'
      changed(run)
      await tellEnd(run)
    }
    throw error
  }
}

/**
 * What is different for a workflow. `isWork`: items one of which must be ok; by default any, and what only prepares work is
 * none. `empty`: what a run is that made no call and was not stopped; by default failed.
 */
export type Judging = { isWork?: (item: ItemResult) => boolean; empty?: RunStatus }

/** @param more the fields a workflow's result has besides. */
export async function conclude<M extends object>(
  run: Run,
  more?: M,
  judging: Judging = {},
): Promise<RunResult & { plan?: PlannedResult } & Partial<M>> {
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('the run was cancelled')
  const dry = run.plan?.dryRun ?? false
  const items = dry ? [] : await withEveryItem(run)
  const status = dry ? 'planned' : statusOf(run, items, judging)
  run.state = status
  changed(run)
  const budget = run.budget && { budget: budgetState(run.budget) }
  const result = {
    status,
    ...run.totals,
    items,
    ...budget,
    ...(dry && { plan: plannedResult(run) }),
    ...more,
  } as RunResult & Partial<M>
  if (status !== 'failed') return result
  throw ApplicationFailure.create({
    type: FAILURE.runFailed,
    message: `no item of ${(judging.isWork ? items.filter(judging.isWork).length : 0) || items.length} is ok: ${items.find((item) => item.error)?.error?.message ?? 'none was answered'}`,
    nonRetryable: true,
    details: [result],
  })
}

/** A run that ended before its fan-out still has an outcome for every item. */
async function withEveryItem(run: Run): Promise<ItemResult[]> {
  const results = await allResults(run)
  const known = new Set(results.map((result) => result.id))
  const missing = (run.plan?.items ?? []).filter((item) => !known.has(item.id)).map((item) => skipped(item.id))
  return [...missing, ...results]
}

function statusOf(run: Run, items: ItemResult[], { isWork = () => true, empty = 'failed' }: Judging): RunStatus {
  if (items.length > 0 && items.every((item) => item.status === 'ok')) return 'completed'
  if (run.rejected || nothingAllowed(run, items)) return 'rejected'
  if (run.stopped) return 'interrupted'
  if (items.length === 0) return empty
  return items.some((item) => item.status === 'ok' && isWork(item)) ? 'partial' : 'failed'
}

/** A person allowed no more money before anything was asked. */
function nothingAllowed({ budget }: Run, items: ItemResult[]): boolean {
  return budget?.refused === true && items.length > 0 && items.every((item) => item.status === 'skipped')
}

function plannedResult(run: Run): PlannedResult | undefined {
  if (!run.plan) return undefined
  const { title, server, digest, price, warnings, items } = run.plan
  return { title, server, digest, price, warnings, items: items.map(({ id, model }) => ({ id, model })) }
}
