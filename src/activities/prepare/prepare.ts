// The first activity of every run: reads and checks the input, stores what is large, counts, prices, and makes the
// digest an approval is bound to. What it returns is all a workflow ever knows of the requests.
import { Context } from '@temporalio/activity'
import type { Delegation } from '../../contracts/delegate.js'
import type { Plan, PrepareRequest } from '../../contracts/plan.js'
import type { Root } from '../../contracts/refs.js'
import type { CallDeps } from '../call/deps.js'
import type { ActivityDeps } from '../deps.js'
import { digestOf } from '../digest.js'
import { readableStorageErrors } from '../storage-errors.js'
import { keepText } from '../texts.js'
import { draftAccount } from './account.js'
import { draftCalls } from './calls.js'
import { draftCode } from './code.js'
import { configured } from './configured.js'
import { type Counts, countTokens } from './count.js'
import { draftDelegate } from './delegate.js'
import { draftDocuments } from './documents.js'
import type { Draft, DraftDelegation } from './draft.js'
import { toFailure } from './failure.js'
import { checkContext, resolveModels } from './models.js'
import { storePages } from './pages.js'
import { draftParallel } from './parallel.js'
import { pricePlan } from './price.js'
import { PLAN_RECORD, type PlanRecord } from './record.js'
import { prepareRerun, rerunFrom } from './rerun.js'
import { draftReview } from './review.js'
import { draftUndo, undoFrom } from './undo-code.js'
import { overBudget, worstOfItems } from './worst.js'

/** Bytes all texts of a result may take together; the rest of a MiB is for ids, usage and the report. */
const RESULT_BYTES = 700_000

/** What runs that are no agents tell: a worker's settings say to whom. Never stored with the plan: a rerun asks again. */
const LISTENED = ['approval_requested', 'run_finished'] as const

export function createPrepare(deps: ActivityDeps) {
  return async function prepare(request: PrepareRequest): Promise<Plan> {
    try {
      const { cancellationSignal } = Context.current()
      const plan = await readableStorageErrors(() => preparePlan(deps, request, cancellationSignal))
      const hooks = request.workflow === 'calls' ? [] : LISTENED.filter((event) => deps.settings.hooks[event]?.length)
      return hooks.length > 0 ? { ...plan, hooks } : plan
    } catch (error) {
      throw toFailure(error)
    }
  }
}

async function preparePlan(deps: ActivityDeps, request: PrepareRequest, signal: AbortSignal): Promise<Plan> {
  const rerunOf = rerunFrom(request.input)
  if (rerunOf) return prepareRerun(deps, request, rerunOf)
  const draft = await draftOf(deps, request, signal)
  await resolveModels(draft, deps.claude, signal)
  const counts = await countTokens(deps.claude, draft, signal)
  checkContext(draft, counts)
  const plan = await planOf(deps, request.self, request.workflow, draft, counts)
  // A rerun begins with a plan; people's own code begins with itself.
  if (request.workflow === 'calls') return plan
  const cache = draft.shared.map((part) => part.cache)
  const record: PlanRecord = {
    plan,
    counts,
    draft: { expectedOutput: draft.expectedOutput, later: draft.later, cache },
  }
  await deps.store.note(request.self, PLAN_RECORD, record)
  return plan
}

async function draftOf(
  deps: ActivityDeps,
  { workflow, input: given, self }: PrepareRequest,
  signal: AbortSignal,
): Promise<Draft> {
  const { store, settings } = deps
  const undoOf = workflow === 'code' ? undoFrom(given) : undefined
  if (undoOf) return draftUndo(deps, undoOf)
  const input = configured(given, settings)
  switch (workflow) {
    case 'parallel':
      return draftParallel(input)
    case 'review':
      return draftReview({ settings }, input, signal)
    case 'documents':
      return draftDocuments(input, (text) => store.put(self, text), signal)
    case 'delegate':
      return draftDelegate(input)
    case 'account':
      return draftAccount({ settings }, input)
    case 'code':
      return draftCode(deps, input, self, signal)
    case 'calls':
      return draftCalls(store, input)
  }
}

async function planOf(
  { claude, store }: CallDeps,
  root: Root,
  workflow: string,
  draft: Draft,
  counts: Counts,
): Promise<Plan> {
  const { settings } = draft
  const { price: priceOfCalls, cachedFor, warnings } = pricePlan(draft, counts)
  const delegated = draft.delegation && (await delegationOf(store, root, draft, draft.delegation, counts))
  const price = delegated?.price ?? draft.price?.(counts) ?? priceOfCalls
  const worst = settings.budgetUsd === undefined ? undefined : worstOfItems(draft.calls, counts)
  const { pages, items } = await storePages(
    store,
    root,
    draft.calls,
    settings.timeoutSeconds,
    worst && ((_, index) => worst[index] ?? null),
  )
  const shared = await Promise.all(
    draft.shared.map(async ({ blocks, place }, index) => {
      const json = JSON.stringify(blocks)
      const ref = await store.put(root, json)
      return {
        ref,
        bytes: Buffer.byteLength(json),
        tokens: counts.shared[index] ?? 0,
        cachedFor: cachedFor[index] ?? [],
        ...(place && { place }),
      }
    }),
  )
  const files = draft.keep === undefined ? undefined : await store.put(root, JSON.stringify(draft.keep))
  const later = draft.later.flatMap(({ id }) => (id === undefined ? [] : [id]))
  const server = await claude.server()
  const { confirm, concurrency, maxRetries, maxWaitSeconds, dryRun, stream, budgetUsd } = settings
  return {
    title: draft.title,
    server,
    root,
    items,
    pages,
    shared,
    price,
    warnings: [...draft.warnings, ...warnings, ...overBudget(price, budgetUsd)],
    // Exactly what would be done: the requests, for how much, by whom, and how many at once and how often.
    digest: digestOf([
      workflow,
      server,
      pages,
      shared,
      price,
      files ?? null,
      concurrency,
      maxRetries,
      maxWaitSeconds,
      settings.timeoutSeconds ?? null,
      ...(delegated ? [delegated.delegation] : []),
      ...(budgetUsd === undefined ? [] : [{ budgetUsd }]),
      ...(draft.account ? [draft.account] : []),
      ...(draft.fix ? [draft.fix] : []),
      ...(draft.code ? [draft.code] : []),
    ]),
    confirm,
    concurrency,
    inlineBytes: inlineBytes(draft, settings.inlineBytes),
    maxRetries,
    maxWaitSeconds,
    dryRun,
    ...(stream && { stream }),
    ...(budgetUsd !== undefined && { budgetUsd }),
    ...(files && { files }),
    ...(draft.fix && { fix: draft.fix }),
    ...(later.length > 0 && { later }),
    ...(delegated && { delegation: delegated.delegation }),
    ...(draft.account && { account: draft.account }),
    ...(draft.code && { code: draft.code }),
  }
}

async function delegationOf(
  store: CallDeps['store'],
  root: Root,
  draft: Draft,
  given: DraftDelegation,
  counts: Counts,
) {
  const { task, depth, calls } = given
  const [model = '', workerModel = ''] = [draft.calls[0]?.call.model, draft.later[0]?.model]
  const assignment = given.assignment(counts, { model, workerModel })
  const delegation: Delegation = {
    stage: 'plan',
    path: '',
    task: await keepText(store, root, task, inlineBytes(draft, draft.settings.inlineBytes)),
    assignment: await store.put(root, JSON.stringify(assignment)),
    calls,
    depth,
    tries: 1,
    parts: [],
    atOnce: 1,
  }
  return { delegation, price: given.price(assignment.sizes) }
}

/** What was asked for, or less where all texts together would make a result too large. */
function inlineBytes(draft: Draft, wanted: number): number {
  // An item with structured output carries its answer as text and parsed.
  const texts = draft.texts ?? draft.calls.reduce((sum, { call }) => sum + (call.output ? 2 : 1), 0)
  return Math.min(wanted, Math.floor((draft.textBytes ?? RESULT_BYTES) / texts))
}
