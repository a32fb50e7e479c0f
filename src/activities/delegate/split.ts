// An accepted plan becomes items with stored requests, shares of the calls, a price, and a digest that binds all of it.
import {
  type Delegation,
  type DelegationPlan,
  INTEGRATE_ITEM,
  type JudgePlanRequest,
  type Part,
  PLAN_ITEM,
  under,
} from '../../contracts/delegate.js'
import type { DelegationAnswer } from '../../contracts/schemas/index.js'
import type { Store } from '../../storage/store.js'
import { digestOf } from '../digest.js'
import { storePages } from '../prepare/pages.js'
import { worstIn } from '../prepare/worst.js'
import { keepText } from '../texts.js'
import { type Assignment, plannerCall, workerCall } from './assignment.js'
import { fingerprint } from './plan-rules.js'
import { priceOfPlan, priceOfShare } from './price.js'
import { type Share, sharesOf } from './shares.js'

const LINE_CHARACTERS = 160

export async function splitInto(
  store: Store,
  { plan, used, spentUsd }: JudgePlanRequest,
  assignment: Assignment,
  given: DelegationAnswer['parts'],
): Promise<DelegationPlan> {
  const { delegation, root, inlineBytes } = plan
  const { shares, atOnce } = sharesOf(
    given.map((part) => part.delegate ?? false),
    { left: delegation.calls - used - 1, depth: delegation.depth, concurrency: plan.concurrency },
  )
  const assigned = given.map((part, index) => ({
    path: under(delegation.path, part.id),
    share: shares[index] as Share,
    assignment: assignmentOf(part, assignment),
  }))
  const calls = assigned.map(({ path, share, assignment }) => ({
    call: share.splits ? plannerCall(under(path, PLAN_ITEM), assignment) : workerCall(path, assignment),
  }))
  const { pages, items } = await storePages(store, root, calls, assignment.timeoutSeconds, worstIn(plan))
  const parts = await Promise.all(
    assigned.map(async ({ path, share, assignment }): Promise<Part> => {
      const task = await keepText(store, root, assignment.told.task, inlineBytes)
      const ref = await store.put(root, JSON.stringify(assignment))
      return { path, task, assignment: ref, ...share, price: priceOfShare(assignment.sizes, share) }
    }),
  )
  const price = priceOfPlan(assignment.sizes, shares, { used, spentUsd })
  const { alone: _, ...rest } = delegation
  const split: Delegation = { ...rest, stage: 'split', parts, atOnce }
  return {
    ...plan,
    title: titleOf(given),
    // In the list of a run a part goes by its own name, whichever call it begins with.
    items: items.map((item, index) => ({ ...item, id: parts[index]?.path ?? item.id })),
    pages,
    price,
    digest: digestOf([
      'delegate',
      plan.server,
      pages,
      parts,
      price,
      plan.concurrency,
      plan.maxRetries,
      plan.maxWaitSeconds,
    ]),
    outline: outlineOf(given, shares),
    delegation: split,
    ...(delegation.fresh && { fresh: [...parts.map(({ path }) => path), under(delegation.path, INTEGRATE_ITEM)] }),
  }
}

function assignmentOf({ task, context }: DelegationAnswer['parts'][number], whole: Assignment): Assignment {
  return {
    ...whole,
    told: { task, ...(context?.trim() && { context }) },
    ancestors: [...whole.ancestors, fingerprint(task)],
    // Not counted: it came out of a plan, so this bounds it.
    sizes: { ...whole.sizes, taskTokens: Math.ceil((task.length + (context?.length ?? 0)) / 4) },
  }
}

function titleOf(parts: DelegationAnswer['parts']): string {
  return `${parts.length} parts: ${parts.map(({ id }) => id).join(', ')}`
}

function outlineOf(parts: DelegationAnswer['parts'], shares: Share[]): string[] {
  return parts.map(({ id, task, delegate }, index) => {
    const share = shares[index] as Share
    const line = task.replace(/\s+/g, ' ').trim()
    const shown = line.length > LINE_CHARACTERS ? `${line.slice(0, LINE_CHARACTERS - 1)}…` : line
    if (share.splits) return `${id}: ${shown} (may be split: at most ${share.calls} calls)`
    return delegate ? `${id}: ${shown} (wants to be split, which depth or calls do not allow)` : `${id}: ${shown}`
  })
}
