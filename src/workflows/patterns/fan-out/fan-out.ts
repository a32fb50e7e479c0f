// Many at once, bounded. A failed item is a result, not an exception, so its siblings keep theirs.
import { CancellationScope, condition, setHandler } from '@temporalio/workflow'
import { type CallRequest, stepOf } from '../../../contracts/call.js'
import { cacheReady } from '../../../contracts/messages.js'
import type { ItemResult } from '../../../contracts/outcome.js'
import type { Plan, PlannedItem, SharedPart } from '../../../contracts/plan.js'
import { openBudget } from '../budget/budget.js'
import { settle } from '../budget/ledger.js'
import { type Money, paidCall } from '../budget/paid-call.js'
import { type Ended, skipped } from '../calls/call.js'
import { continueRun } from '../run/continuation.js'
import { stopRun } from '../run/interruption.js'
import { changed, endItem, openApprovals, type Run } from '../run/run.js'
import { type Next, nextItem } from './next-item.js'
import { queuesOf } from './queues.js'

/** Calls an execution makes before it continues as new: about 3,500 events of the 4,096 at which the server asks for it. */
const PER_EXECUTION = 500

/** What is different inside code that cannot be begun again in the middle: people's own. */
export type Inside = {
  /** Cancelling it drops what has not started and interrupts what runs; the run goes on. */
  scope: CancellationScope
  /** Nobody waits for it any more. */
  dropped(): boolean
}

/**
 * Returns when every item has its outcome in `run`. A run of ours continues as new in between when there are many, and
 * ends with its cancellation; not so with `inside`.
 */
export async function fanOut(run: Run, plan: Plan, inside?: Inside): Promise<void> {
  const most = inside ? Number.POSITIVE_INFINITY : PER_EXECUTION
  const parent = inside?.scope ?? CancellationScope.current()
  if (openApprovals(run).length === 0) run.state = 'running'
  // Of an execution before this one.
  if (!run.budget) openBudget(run, plan.budgetUsd, run.carriedBudget)
  const ended = new Set(run.ended.map((item) => item.id))
  const skip = new Set(plan.skip)
  for (const { id } of plan.items) if (skip.has(id) && !ended.has(id)) endItem(run, skipped(id), 0)
  const queues = queuesOf(
    run,
    plan,
    plan.items.filter(({ id }) => !ended.has(id) && !skip.has(id)),
    // Of another fan-out's texts nothing is known here.
    inside ? new Set() : run.released,
  )
  run.cached.add(queues.ready)
  setHandler(cacheReady, (sent?: unknown) => tellCached(run, sent), {
    description: 'Internal: the cache that a leading call wrote can be read.',
  })
  let started = 0
  let active = 0
  let bug: unknown
  const ending = () => run.stopped || (inside !== undefined && (inside.scope.consideredCancelled || inside.dropped()))
  const fail = (error: unknown) => {
    bug ??= error
  }
  const start = ({ item, leads }: Next, money?: Money) => {
    active++
    const end = ({ result, savedUsd, reused }: Ended) => {
      active--
      queues.ended(item, reused)
      endItem(run, result, savedUsd)
    }
    if (run.interrupted.has(item.id)) {
      if (money) settle(money.reservation, 0)
      end({ result: { ...skipped(item.id), status: 'interrupted' }, savedUsd: 0, reused: true })
      return
    }
    started++
    const scope = new CancellationScope({ cancellable: true, parent })
    run.running.set(item.id, scope)
    paidCall(run, requestOf(run, plan, item, leads), item.id, scope, money).then(end, fail)
  }
  const skipRest = () => {
    for (const { id } of queues.drain()) endItem(run, skipped(id), 0)
  }
  const drop = (dropped: Next, result: ItemResult, rejected: boolean) => {
    queues.ended(dropped.item, true)
    endItem(run, result, 0)
    if (rejected) skipRest()
  }
  const first = nextItem(run, { start, drop, ending, failed: fail })
  const pump = () => {
    if (ending()) skipRest()
    first.look()
    while (!run.paused && active < plan.concurrency && started < most && !first.waits()) {
      const next = queues.take()
      if (!next) return
      first.begin(next)
    }
  }
  run.listeners.push(pump)
  const cancelled = onCancel(run, parent, inside ? () => {} : () => stopRun(run))
  changed(run)
  // Not cancellable itself: a cancelled run waits until its calls have handed over what they had.
  await CancellationScope.nonCancellable(() =>
    condition(() => bug !== undefined || (active === 0 && !first.waits() && (queues.empty() || started >= most))),
  )
  run.listeners.splice(run.listeners.indexOf(pump), 1)
  run.cached.delete(queues.ready)
  cancelled.forget()
  if (bug !== undefined) throw bug
  if (!queues.empty()) await continueRun(run, plan)
}

function tellCached(run: Run, sent: unknown): void {
  const step = (sent as { step?: unknown } | null | undefined)?.step
  for (const ready of run.cached) ready(step)
}

export function requestOf(run: Run, plan: Plan, item: PlannedItem, leads: boolean): CallRequest {
  const shared = item.shared === undefined ? undefined : plan.shared[item.shared]
  const page = plan.pages[item.page]
  if (page === undefined) throw new Error(`the plan has no page ${item.page} for item ${item.id}`)
  return {
    ...commonOf(run, plan, item.id, item.model),
    page,
    index: item.index,
    ...(shared && { shared: sharedOf(shared, item.model) }),
    leader: leads,
    timeoutSeconds: item.timeoutSeconds ?? 300,
  }
}

function sharedOf({ ref, cachedFor, place }: SharedPart, model: string): CallRequest['shared'] {
  return { ref, cached: cachedFor.includes(model), ...(place && { place }) }
}

/** What every call of a run has in common. */
export function commonOf(run: Run, plan: Plan, id: string, model: string) {
  const { root, server, inlineBytes, maxRetries, maxWaitSeconds } = plan
  const label = `${id} · ${model.replace(/^claude-/, '')}`
  const fresh = plan.fresh?.includes(id) ?? false
  const stream = plan.stream && { stream: { of: plan.streamOf ?? run.self.workflowId } }
  return {
    root,
    server,
    inlineBytes,
    maxRetries,
    maxWaitSeconds,
    run: run.self.firstRunId,
    step: stepOf(id),
    label,
    fresh,
    ...stream,
  }
}

/** Temporal's own cancellation stops a run of ours like an interruption; it ends as cancelled afterwards. */
export function onCancel(
  run: Run,
  scope: CancellationScope = CancellationScope.current(),
  stop: () => void = () => stopRun(run),
): { forget(): void } {
  let active = true
  scope.cancelRequested.catch(() => {
    if (!active) return
    stop()
    changed(run)
  })
  return {
    forget() {
      active = false
    },
  }
}
