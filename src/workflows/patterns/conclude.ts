// How a run ends, said honestly: the first status that fits, and a workflow that fails only when nothing was answered.
import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  isCancellation,
  TemporalFailure,
} from '@temporalio/workflow'
import { FAILURE } from '../../contracts/failures.js'
import type { ItemResult, PlannedResult, RunResult, RunStatus } from '../../contracts/outcome.js'
import { skipped } from './call.js'
import { allResults } from './continuation.js'
import { changed, type Run } from './run.js'

/** However the body ends, the run's last state says so: also when it is cancelled or its input refused. */
export async function toItsEnd<R>(run: Run, body: () => Promise<R>): Promise<R> {
  try {
    return await body()
  } catch (error) {
    if (error instanceof TemporalFailure) {
      run.state = isCancellation(error) ? 'interrupted' : 'failed'
      changed(run)
    }
    throw error
  }
}

/**
 * @param more the fields a workflow's result has besides.
 * @param isWork items one of which must be ok; by default any. What only prepares work is none.
 */
export async function conclude<M extends object>(
  run: Run,
  more?: M,
  isWork: (item: ItemResult) => boolean = () => true,
): Promise<RunResult & { plan?: PlannedResult } & Partial<M>> {
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('the run was cancelled')
  const dry = run.plan?.dryRun ?? false
  const items = dry ? [] : await withEveryItem(run)
  const status = dry ? 'planned' : statusOf(run, items, isWork)
  run.state = status
  changed(run)
  const result = { status, ...run.totals, items, ...(dry && { plan: plannedResult(run) }), ...more } as RunResult &
    Partial<M>
  if (status !== 'failed') return result
  throw ApplicationFailure.create({
    type: FAILURE.runFailed,
    message: `no item of ${items.filter(isWork).length || items.length} is ok: ${items.find((item) => item.error)?.error?.message ?? 'none was answered'}`,
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

function statusOf(run: Run, items: ItemResult[], isWork: (item: ItemResult) => boolean): RunStatus {
  if (items.length > 0 && items.every((item) => item.status === 'ok')) return 'completed'
  if (run.rejected) return 'rejected'
  if (run.stopped) return 'interrupted'
  return items.some((item) => item.status === 'ok' && isWork(item)) ? 'partial' : 'failed'
}

function plannedResult(run: Run): PlannedResult | undefined {
  if (!run.plan) return undefined
  const { title, server, digest, price, warnings, items } = run.plan
  return { title, server, digest, price, warnings, items: items.map(({ id, model }) => ({ id, model })) }
}
