// A delegation goes on from the plan that was accepted last, so that nothing is planned again: parts that were answered
// are found in the journal, and only what is left is priced.
import { stepOf } from '../../contracts/call.js'
import { ANSWER_ITEM, type DelegationPlan, INTEGRATE_ITEM, type Part, under } from '../../contracts/delegate.js'
import type { Price } from '../../contracts/outcome.js'
import type { Plan, PlannedItem, RerunOf } from '../../contracts/plan.js'
import type { CallDeps } from '../call/deps.js'
import { readAssignment } from '../delegate/assignment.js'
import { delegationRecord } from '../delegate/delegation-record.js'
import { priceOfPlan } from '../delegate/price.js'
import { digestOf } from '../digest.js'
import { InputError } from '../input-error.js'
import { loadPages } from './pages.js'
import { overBudget, worstOfStored } from './worst.js'

/** @param prepared the plan as it was before anything was planned. */
export async function rerunDelegation(deps: CallDeps, rerunOf: RerunOf, prepared: DelegationPlan): Promise<Plan> {
  const plan = (await acceptedFor(deps, prepared)) ?? prepared
  const { parts, stage } = plan.delegation
  const ids = [...plan.items.map(({ id }) => id), ...(stage === 'split' ? [INTEGRATE_ITEM] : [])]
  const unknown = rerunOf.items?.filter((id) => !ids.includes(id)) ?? []
  if (unknown.length > 0)
    throw new InputError(`items: run ${plan.root.workflowId} has no ${unknown.join(', ')}; it has ${ids.join(', ')}`)
  const fresh = rerunOf.items ?? (rerunOf.fresh ? ids : [])
  const unanswered = await filtered(parts, async (part) => !(await isDone(deps, plan, part)))
  const skip = rerunOf.items ? unanswered.map(({ path }) => path).filter((path) => !fresh.includes(path)) : []
  const left = parts.filter((part) => fresh.includes(part.path) || (unanswered.includes(part) && !rerunOf.items))
  const price = await priceOfRest(deps, plan, left, fresh)
  const server = await deps.claude.server()
  const { skip: _, ...before } = plan
  const { budgetUsd = plan.budgetUsd } = rerunOf
  const items = budgetUsd === undefined ? plan.items : await withWorst(deps, plan)
  return {
    ...before,
    title: `${plan.title} (again${stage === 'split' ? `: ${left.length} of ${parts.length}` : ''})`,
    server,
    items,
    price,
    ...(budgetUsd !== undefined && { budgetUsd, warnings: [...plan.warnings, ...overBudget(price, budgetUsd)] }),
    dryRun: false,
    stream: rerunOf.stream ?? false,
    ...(rerunOf.confirm && { confirm: rerunOf.confirm }),
    digest: digestOf(['delegate', server, plan.pages, price, [...fresh], skip, budgetUsd ?? null]),
    ...(fresh.length > 0 && { fresh }),
    ...(skip.length > 0 && { skip }),
    delegation: { ...plan.delegation, ...(rerunOf.fresh && { fresh: true }) },
  }
}

/** The run may have had no budget. */
async function withWorst({ store }: CallDeps, { pages, items }: DelegationPlan): Promise<PlannedItem[]> {
  const stored = await loadPages(store, pages)
  return items.map((item) => {
    const call = stored[item.page]?.[item.index]
    return { ...item, worstUsd: call ? worstOfStored(call) : null }
  })
}

/** The plan that was accepted, unless the task was revised since. */
async function acceptedFor(
  { store }: CallDeps,
  { root, delegation }: DelegationPlan,
): Promise<DelegationPlan | undefined> {
  const accepted = (await store.read(root, delegationRecord(delegation.path))) as DelegationPlan | undefined
  const same =
    accepted?.delegation.assignment === delegation.assignment && accepted.delegation.depth === delegation.depth
  return same ? accepted : undefined
}

async function priceOfRest(deps: CallDeps, plan: DelegationPlan, left: Part[], fresh: string[]): Promise<Price> {
  const { stage, path, assignment } = plan.delegation
  if (stage === 'plan') return plan.price
  const last = under(path, stage === 'split' ? INTEGRATE_ITEM : ANSWER_ITEM)
  const nothing = left.length === 0 && !fresh.includes(last) && (await isAnswered(deps, plan, last))
  if (nothing) return { ...plan.price, expectedUsd: 0, worstUsd: 0, basis: 'everything was paid for before' }
  if (stage === 'alone') return plan.price
  const { sizes } = await readAssignment(deps.store, assignment)
  return priceOfPlan(sizes, left, { used: 0, spentUsd: 0 })
}

/** Whether a part and all below it was answered. */
async function isDone(deps: CallDeps, plan: DelegationPlan, part: Part): Promise<boolean> {
  if (!part.splits) return isAnswered(deps, plan, part.path)
  const own = (await deps.store.read(plan.root, delegationRecord(part.path))) as DelegationPlan | undefined
  if (own === undefined) return false
  if (own.delegation.stage === 'alone') return isAnswered(deps, plan, under(part.path, ANSWER_ITEM))
  const open = await filtered(own.delegation.parts, async (inner) => !(await isDone(deps, plan, inner)))
  return open.length === 0 && isAnswered(deps, plan, under(part.path, INTEGRATE_ITEM))
}

async function isAnswered({ journal }: CallDeps, { root }: Plan, id: string): Promise<boolean> {
  return (await journal.attempts(root, stepOf(id))).some(({ outcome }) => outcome === 'answer')
}

async function filtered<T>(all: T[], keep: (one: T) => Promise<boolean>): Promise<T[]> {
  const kept = await Promise.all(all.map(keep))
  return all.filter((_, index) => kept[index])
}
