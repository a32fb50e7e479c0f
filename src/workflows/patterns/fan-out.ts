// Many at once, bounded. A failed item is a result, not an exception, so its siblings keep theirs.
import { CancellationScope, condition, setHandler } from '@temporalio/workflow'
import { type CallRequest, stepOf } from '../../contracts/call.js'
import { cacheReady } from '../../contracts/messages.js'
import type { Plan, PlannedItem, SharedPart } from '../../contracts/plan.js'
import { call, type Ended, skipped } from './call.js'
import { continueRun } from './continuation.js'
import { stopRun, wasInterrupted } from './interruption.js'
import { queuesOf } from './queues.js'
import { changed, endItem, type Run } from './run.js'

/** Calls an execution makes before it continues as new: about 3,500 events of the 4,096 at which the server asks for it. */
const PER_EXECUTION = 500

/** Returns when every item has its outcome in `run`; with many items the run continues as new in between. */
export async function fanOut(run: Run, plan: Plan): Promise<void> {
  run.state = 'running'
  const ended = new Set(run.ended.map((item) => item.id))
  const skip = new Set(plan.skip)
  for (const { id } of plan.items) if (skip.has(id) && !ended.has(id)) endItem(run, skipped(id), 0)
  const queues = queuesOf(
    run,
    plan,
    plan.items.filter(({ id }) => !ended.has(id) && !skip.has(id)),
  )
  setHandler(cacheReady, (sent?: unknown) => queues.ready((sent as { step?: unknown } | null | undefined)?.step), {
    description: 'Internal: the cache that a leading call wrote can be read.',
  })
  let started = 0
  let active = 0
  let bug: unknown
  const start = (item: PlannedItem, leads: boolean) => {
    active++
    const settle = ({ result, savedUsd, reused }: Ended) => {
      active--
      queues.ended(item, reused)
      endItem(run, result, savedUsd)
    }
    if (run.interrupted.has(item.id)) {
      settle({ result: { ...skipped(item.id), status: 'interrupted' }, savedUsd: 0, reused: true })
      return
    }
    started++
    const scope = new CancellationScope()
    run.running.set(item.id, scope)
    call(requestOf(run, plan, item, leads), item.id, scope, () => wasInterrupted(run, item.id)).then(
      settle,
      (error) => {
        bug ??= error
      },
    )
  }
  const pump = () => {
    if (run.stopped) for (const { id } of queues.drain()) endItem(run, skipped(id), 0)
    while (!run.paused && active < plan.concurrency && started < PER_EXECUTION) {
      const next = queues.take()
      if (!next) return
      start(next.item, next.leads)
    }
  }
  run.listeners.push(pump)
  const cancelled = onCancel(run)
  changed(run)
  // Not cancellable itself: a cancelled run waits until its calls have handed over what they had.
  await CancellationScope.nonCancellable(() =>
    condition(() => bug !== undefined || (active === 0 && (queues.empty() || started >= PER_EXECUTION))),
  )
  run.listeners.splice(run.listeners.indexOf(pump), 1)
  cancelled.forget()
  if (bug !== undefined) throw bug
  if (!queues.empty()) await continueRun(run, plan)
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

/** Temporal's own cancellation stops the run like an interruption; it ends as cancelled afterwards. */
export function onCancel(run: Run): { forget(): void } {
  let active = true
  CancellationScope.current().cancelRequested.catch(() => {
    if (!active) return
    stopRun(run)
    changed(run)
  })
  return {
    forget() {
      active = false
    },
  }
}
