// Parts of a task, each a child that may delegate further. Children are steered by messages and never cancelled: a
// cancelled child takes its outcome with it, an interrupted one hands over what it has.
import { CancellationScope, condition, startChild, TemporalFailure, workflowInfo } from '@temporalio/workflow'
import {
  type DelegateResult,
  type DelegationPlan,
  type Part,
  type PartInput,
  PLAN_ITEM,
  under,
} from '../../../contracts/delegate.js'
import { interrupt } from '../../../contracts/messages.js'
import { reservePart, settlePart } from '../budget/part.js'
import { onCancel } from '../fan-out/fan-out.js'
import { wasInterrupted } from '../run/interruption.js'
import { changed, endItem, type Run, short } from '../run/run.js'
import { steeredChild } from '../run/steered-child.js'
import { type EndedPart, fromChild, fromFailure, notAllowed, unasked } from './part-outcome.js'

type PartWorkflow = (input: PartInput) => Promise<DelegateResult>

/** Returns when every part has its outcome, in the plan's order. */
export async function runParts(run: Run, plan: DelegationPlan): Promise<EndedPart[]> {
  const { parts, atOnce } = plan.delegation
  const ends = new Map<Part, EndedPart>()
  const waiting = [...parts]
  run.state = 'running'
  changed(run)
  const takeTurns = async () => {
    for (;;) {
      if (run.paused) await condition(() => !run.paused || run.stopped)
      const part = waiting.shift()
      if (part === undefined) return
      const end =
        unasked(run, plan, part) ?? (await (run.budget ? paidPart(run, plan, part, waiting) : runPart(run, plan, part)))
      ends.set(part, end)
      endItem(run, end.result, end.savedUsd)
    }
  }
  const cancelled = onCancel(run)
  // Not cancellable itself: a cancelled run waits until its parts have handed over what they had.
  await CancellationScope.nonCancellable(() => Promise.all(Array.from({ length: atOnce }, takeTurns)))
  cancelled.forget()
  return parts.flatMap((part) => ends.get(part) ?? [])
}

/** Within a budget a part gets its share of what is left: what it may cost against what is still to come. */
async function paidPart(run: Run, plan: DelegationPlan, part: Part, waiting: Part[]): Promise<EndedPart> {
  const { worstUsd } = part.price
  const money = await reservePart(run.budget, {
    share: shareOf(plan, part, waiting),
    mostUsd: worstUsd,
    label: `part ${part.path}`,
    dropped: () => wasInterrupted(run, part.path),
  })
  if (typeof money === 'string') return notAllowed(part, money)
  const ended = await runPart(run, plan, part, money.budgetUsd)
  settlePart(money, ended.result.usd, ended.budget)
  return ended
}

/** The call that puts the answers together is still to come, too. */
function shareOf({ price, delegation }: DelegationPlan, part: Part, waiting: Part[]): number {
  const all = [price, ...delegation.parts.map((one) => one.price)].map(({ worstUsd }) => worstUsd)
  if (all.includes(null)) return 1 / (waiting.length + 2)
  const worst = ({ price: { worstUsd } }: Part) => worstUsd ?? 0
  const sum = (parts: Part[]) => parts.reduce((total, one) => total + worst(one), 0)
  const integration = Math.max(0, (price.worstUsd ?? 0) - sum(delegation.parts))
  return worst(part) / (worst(part) + sum(waiting) + integration)
}

async function runPart(run: Run, plan: DelegationPlan, part: Part, budgetUsd?: number): Promise<EndedPart> {
  const steered = steeredChild<PartWorkflow>(run, part.path, [[interrupt]])
  changed(run)
  try {
    const child = await startChild<PartWorkflow>('delegate', {
      workflowId: `${workflowInfo().workflowId}/${part.path.split('/').at(-1)}`,
      args: [{ part: planOf(plan, part, budgetUsd) }],
      // A parent that is terminated leaves no request running: what its parts have is in the journal.
      parentClosePolicy: 'REQUEST_CANCEL',
      staticSummary: short(`part ${part.path} of ${plan.root.workflowId}`, 120),
    })
    steered.of(child)
    return fromChild(await child.result(), part)
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error
    return fromFailure(error, part)
  } finally {
    steered.over()
  }
}

/** What a part is started with: its own request, its share of the calls, and how calls are made. */
function planOf(plan: DelegationPlan, part: Part, budgetUsd?: number): DelegationPlan {
  const item = plan.items.find(({ id }) => id === part.path)
  const page = item && plan.pages[item.page]
  if (item === undefined || page === undefined) throw new Error(`the plan has no request for part ${part.path}`)
  const { path, task, assignment, splits, calls, depth, concurrency, price } = part
  const { outline: _, skip: __, budgetUsd: ___, fresh, ...common } = plan
  const id = splits ? under(path, PLAN_ITEM) : path
  const anew = fresh?.includes(path) ?? false
  return {
    ...common,
    title: short(`part ${path}`, 100),
    items: [{ ...item, id, page: 0 }],
    pages: [page],
    warnings: [],
    price,
    concurrency,
    ...(budgetUsd !== undefined && { budgetUsd }),
    ...(plan.stream && { streamOf: plan.streamOf ?? workflowInfo().workflowId }),
    ...(anew && { fresh: [id] }),
    delegation: {
      ...{ stage: splits ? 'plan' : 'alone', path, task, assignment, calls, depth, tries: 1, parts: [], atOnce: 1 },
      ...(anew && { fresh: true }),
    },
  }
}
