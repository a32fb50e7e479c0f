// A coding run goes on from the plan that was accepted: whoever was done stays done, whoever was stopped goes on where
// they were. Of a run whose work is committed, named agents work again on the branch as it is now.
import type { CodeFacts, CodeRunPlan, EarlierWork } from '../../contracts/code.js'
import { PLANNER_ITEM } from '../../contracts/code.js'
import type { Plan, RerunOf } from '../../contracts/plan.js'
import { contains, tipOf } from '../../git/code/branch.js'
import type { CallDeps } from '../call/deps.js'
import { keptCode, keptPlan } from '../code/keep.js'
import { priceOfCode } from '../code/price.js'
import { ACCEPTED, type AcceptedRecord, committedBy, type PieceRecord, pieceRecord } from '../code/record.js'
import type { ActivityDeps } from '../deps.js'
import { digestOf } from '../digest.js'
import { InputError } from '../input-error.js'
import { refuseElsewhere } from './at-home.js'
import { overBudget } from './worst.js'

const STOPPED = 'An earlier run was stopped before this part was done.'
const ASKED = 'A person wants this part done anew.'

/** @param prepared the plan as it was before anything was planned. */
export async function rerunCode(deps: ActivityDeps, rerunOf: RerunOf, prepared: CodeRunPlan): Promise<Plan> {
  const { store } = deps
  const { root } = prepared
  refuseElsewhere(deps, prepared.code.host)
  const common = {
    server: await deps.claude.server(),
    dryRun: false,
    stream: rerunOf.stream ?? false,
    ...(rerunOf.confirm && { confirm: rerunOf.confirm }),
    ...(rerunOf.budgetUsd !== undefined && { budgetUsd: rerunOf.budgetUsd }),
  }
  const accepted = (await store.read(root, ACCEPTED)) as AcceptedRecord | undefined
  const work = accepted?.code.work
  // Nothing was planned yet, or shall be again.
  if (!accepted || !work || (rerunOf.fresh && !rerunOf.items)) return { ...prepared, ...common }
  const ids = work.stages.flatMap(({ agents }) => agents.map(({ id }) => id))
  const unknown = rerunOf.items?.filter((id) => !ids.includes(id)) ?? []
  if (unknown.length > 0)
    throw new InputError(`items: run ${root.workflowId} has no ${unknown.join(', ')}; it has ${ids.join(', ')}`)
  const left = await leftOf(deps, accepted, rerunOf, ids)
  const agents = (await keptPlan(store, work.plan)).stages
    .flatMap((stage) => stage.agents)
    .filter(({ id }) => left.todo.includes(id))
  const price = priceOfCode(agents, 0)
  const { planner: _, ...facts } = accepted.code
  const code: CodeFacts = { ...facts, ...left.facts }
  return {
    ...accepted,
    ...common,
    title: `${accepted.title} (again: ${left.todo.join(', ') || 'the commits'})`,
    items: accepted.items.filter(({ id }) => id !== PLANNER_ITEM && (left.whole || left.todo.includes(id))),
    price,
    warnings: overBudget(price, common.budgetUsd ?? accepted.budgetUsd),
    digest: digestOf(['code', common.server, code, price]),
    code,
  }
}

type Left = { todo: string[]; whole: boolean; facts: Pick<CodeFacts, 'commit' | 'earlier' | 'work'> }

async function leftOf(
  { store }: CallDeps,
  { root, code }: CodeRunPlan,
  { items, note }: RerunOf,
  ids: string[],
): Promise<Left> {
  const { work } = code
  if (!work) throw new Error('a plan that was accepted has stages')
  const { repository } = await keptCode(store, code.keep)
  const { top, branch } = repository
  // A run may have built commits that never came to the branch, and a rerun of it others that did.
  const isCommitted = async () => {
    for (const { tip } of Object.values(await committedBy(store, root)))
      if (await contains({ repository: top, branch, commit: tip })) return true
    return false
  }
  const asked = note === undefined ? ({ note: ASKED, by: 'failure' } as const) : ({ note, by: 'person' } as const)
  if (await isCommitted()) {
    if (!items)
      throw new InputError(`run ${root.workflowId} is committed: name agents to work again (--item ${ids[0]})`)
    const stages = work.stages.map((stage) => ({
      ...stage,
      agents: stage.agents.filter(({ id }) => items.includes(id)),
    }))
    const earlier: EarlierWork = {
      done: [],
      pieces: [],
      reports: {},
      partial: {},
      again: Object.fromEntries(items.map((id) => [id, asked])),
    }
    const only = stages.filter(({ agents }) => agents.length > 0)
    return {
      ...{ todo: items, whole: false },
      facts: { commit: await tipOf({ repository: top, branch }), earlier, work: { ...work, stages: only } },
    }
  }
  const earlier: EarlierWork = { done: [], pieces: [], reports: {}, partial: {}, again: {} }
  const todo: string[] = []
  for (const id of ids) {
    const record = (await store.read(root, pieceRecord(id))) as PieceRecord | undefined
    const last = record?.pieces.at(-1)
    if (record?.done && !items?.includes(id)) {
      earlier.done.push(id)
      earlier.pieces.push(...record.pieces)
      earlier.reports[id] = record.report
      continue
    }
    todo.push(id)
    earlier.pieces.push(...(record?.pieces.slice(0, -1) ?? []))
    if (last) earlier.partial[id] = last
    if (items?.includes(id)) earlier.again[id] = asked
    else if (record) earlier.again[id] = { note: STOPPED, by: 'failure' }
  }
  return { todo, whole: true, facts: { commit: code.commit, earlier, work } }
}
