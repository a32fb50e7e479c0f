// A rerun takes the stored plan of the original run as it was: the same requests, so that every answer already paid for
// is found, and a price for only what is left to ask.
import { z } from 'zod'
import { stepOf } from '../../contracts/call.js'
import type { Plan, PrepareRequest, RerunOf } from '../../contracts/plan.js'
import { budgetUsd, Confirm } from '../../contracts/schemas/index.js'
import type { CallDeps } from '../call/deps.js'
import type { StoredCall } from '../call/request.js'
import type { ActivityDeps } from '../deps.js'
import { digestOf } from '../digest.js'
import { InputError } from '../input-error.js'
import type { DraftCall } from './draft.js'
import { loadPages } from './pages.js'
import { parseInput } from './parse.js'
import { pricePlan } from './price.js'
import { PLAN_RECORD, type PlanRecord } from './record.js'
import { rerunCode } from './rerun-code.js'
import { rerunDelegation } from './rerun-delegation.js'
import { overBudget, worstOfItems } from './worst.js'

const name = z.string().min(1)
const RerunInput = z.strictObject({
  rerunOf: z.strictObject({
    root: z.strictObject({ workflowId: name, firstRunId: name }),
    run: name,
    items: z.array(name).min(1, 'is empty: wanted ids of items, or no list').optional(),
    fresh: z.boolean().optional(),
    confirm: Confirm.optional(),
    budgetUsd,
    stream: z.boolean().optional(),
    note: z.string().min(1).max(20_000).optional(),
  }),
})

/** The run a rerun is of; undefined for any other input. Throws InputError for half of one. */
export function rerunFrom(input: unknown): RerunOf | undefined {
  if (typeof input !== 'object' || input === null || !('rerunOf' in input)) return undefined
  return parseInput(RerunInput, input).rerunOf
}

export async function prepareRerun(deps: ActivityDeps, request: PrepareRequest, rerunOf: RerunOf): Promise<Plan> {
  const { root } = rerunOf
  const record = (await deps.store.read(root, PLAN_RECORD)) as PlanRecord | undefined
  if (!record)
    throw new InputError(`run ${root.workflowId} has no stored plan: it was refused, or collected by gc; start it anew`)
  const { plan, counts, draft } = record
  if (plan.delegation) return rerunDelegation(deps, rerunOf, { ...plan, delegation: plan.delegation })
  if (plan.code) return rerunCode(deps, rerunOf, { ...plan, code: plan.code })
  // A review's summary is asked for after its items, so the plan does not list it.
  const ids = new Set([...plan.items.map((item) => item.id), ...(plan.later ?? (plan.files ? ['summary'] : []))])
  const unknown = rerunOf.items?.filter((id) => !ids.has(id)) ?? []
  if (unknown.length > 0)
    throw new InputError(`items: run ${root.workflowId} has no ${unknown.join(', ')}; it has ${some([...ids])}`)
  const fresh = new Set(rerunOf.items ?? (rerunOf.fresh ? ids : []))
  const answered = await Promise.all(plan.items.map((item) => isAnswered(deps, plan, item.id)))
  const toAsk = plan.items.map((item, index) => fresh.has(item.id) || (!answered[index] && !rerunOf.items))
  const calls = (await loadPages(deps.store, plan.pages)).flat()
  const left = {
    calls: plan.items.flatMap((item, index) => {
      const call = calls[index]
      return toAsk[index] && call ? [item.shared === undefined ? { call } : { call, shared: item.shared }] : []
    }),
    shared: draft.cache.map((cache) => ({ blocks: [], cache })),
    expectedOutput: draft.expectedOutput,
    later: draft.later,
  }
  const items = counts.items.filter((_, index) => toAsk[index])
  const { price, cachedFor, warnings } = pricePlan(left, { ...counts, items })
  const shared = plan.shared.map((part, index) => ({ ...part, cachedFor: cachedFor[index] ?? [] }))
  const server = await deps.claude.server()
  const skip = plan.items.flatMap((item, index) => (!toAsk[index] && !answered[index] ? [item.id] : []))
  const { budgetUsd: limit = plan.budgetUsd } = rerunOf
  const worst = limit === undefined ? undefined : worstOfItems(allOf(plan, calls), counts)
  return {
    ...plan,
    items: worst ? plan.items.map((item, index) => ({ ...item, worstUsd: worst[index] ?? null })) : plan.items,
    title: `${plan.title} (again: ${left.calls.length} of ${plan.items.length})`,
    server,
    shared,
    price,
    warnings: [...warnings, ...overBudget(price, limit)],
    dryRun: false,
    ...(limit !== undefined && { budgetUsd: limit }),
    stream: rerunOf.stream ?? false,
    ...(rerunOf.confirm && { confirm: rerunOf.confirm }),
    digest: digestOf([
      request.workflow,
      server,
      plan.pages,
      shared,
      price,
      [...fresh],
      skip,
      plan.files ?? null,
      limit ?? null,
    ]),
    ...(fresh.size > 0 && { fresh: [...fresh] }),
    ...(skip.length > 0 && { skip }),
  }
}

function allOf(plan: Plan, calls: StoredCall[]): DraftCall[] {
  return plan.items.flatMap(({ shared }, index) => {
    const call = calls[index]
    return call ? [shared === undefined ? { call } : { call, shared }] : []
  })
}

async function isAnswered({ journal }: CallDeps, plan: Plan, id: string): Promise<boolean> {
  const attempts = await journal.attempts(plan.root, stepOf(id))
  return attempts.some((attempt) => attempt.outcome === 'answer')
}

function some(ids: string[]): string {
  return ids.length > 20 ? `${ids.slice(0, 20).join(', ')} and ${ids.length - 20} more` : ids.join(', ')
}
