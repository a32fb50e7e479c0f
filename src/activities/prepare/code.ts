// `code`: what must hold before anybody works, in a repository that nobody has touched yet. What is planned here is the
// planner; what its plan will cost is known when there is one.
import { join } from 'node:path'
import { codePlanner, type PlannerTask, plannerTask } from '../../agents/coding/planner.js'
import { DEFAULT_MODEL, findModel } from '../../agents/models.js'
import { priceOf } from '../../agents/prices.js'
import { type CodeFacts, PLANNER_ITEM } from '../../contracts/code.js'
import type { Price } from '../../contracts/outcome.js'
import type { Root } from '../../contracts/refs.js'
import { CodeInput } from '../../contracts/schemas/index.js'
import { addUsd, noUsage, type Usd } from '../../contracts/usage.js'
import { checkedOut } from '../../git/code/checked-out.js'
import { exportTree } from '../../git/code/export-tree.js'
import { openRepository, type Repository, RepositoryError } from '../../git/code/repository.js'
import { trackedFiles } from '../../git/code/tracked-files.js'
import { identityOf } from '../../git/code/work.js'
import { earlierRun } from '../code/earlier.js'
import type { CodeKeep } from '../code/keep.js'
import { findTest } from '../code/tests/find-test.js'
import { sandboxProblem } from '../code/tests/run-tests.js'
import type { ActivityDeps } from '../deps.js'
import { InputError } from '../input-error.js'
import type { Counts } from './count.js'
import type { Draft } from './draft.js'
import { parseInput } from './parse.js'

const MAX_TOKENS = 16_000
const WORKER_MODEL = 'claude-haiku-5-5'
const PLANNER_STEPS = 40
/** Of the list a planner begins with. */
const SHOWN_FILES = 400
/** Model calls of planning, and tokens a step adds: expected, and at worst. */
const EXPECTED = { steps: 3, grows: 3000, answer: 1500 }
const WORST = { steps: 12, grows: 12_000 }

type Parsed = ReturnType<typeof CodeInput.parse>

export async function draftCode(deps: ActivityDeps, raw: unknown, self: Root, signal: AbortSignal): Promise<Draft> {
  const given = parseInput(CodeInput, raw)
  // What the worker allows every agent, it allows the tests.
  const input = { ...given, allowUnsandboxed: given.allowUnsandboxed || deps.settings.sandbox.allowUnsandboxed }
  if (input.task.trim() === '') throw new InputError('task: is empty; wanted text')
  const repository = await opened(input, signal)
  const test = input.test === false ? undefined : (input.test ?? (await findTest(repository.top)))
  await refuseUnsandboxed(deps, input, test)
  const model = resolved(input.model ?? DEFAULT_MODEL)
  const workerModel = resolved(input.workerModel ?? WORKER_MODEL)
  const listed = await trackedFiles(repository.top, repository.commit, SHOWN_FILES, signal)
  const after = input.after === undefined ? undefined : await earlierRun(deps.store, input.after)
  const keep: CodeKeep = {
    request: input.task,
    repository: { top: repository.top, branch: repository.branch, commit: repository.commit },
    identity: await identityOf(repository.top),
    ...listed,
    ...(test !== undefined && { test }),
    options: optionsOf(input, model, workerModel),
    ...(input.plan && { plan: input.plan }),
    ...(after !== undefined && { after }),
  }
  const told: PlannerTask = {
    request: input.task,
    ...listed,
    ...(test !== undefined && { test }),
    ...(after && { after }),
  }
  const facts: CodeFacts = {
    keep: await deps.store.put(self, JSON.stringify(keep)),
    commit: repository.commit,
    ...(test !== undefined && { test }),
    ...(input.plan === undefined && { planner: plannerThread(input, model, await readable(deps, self, repository)) }),
    ...(input.approvers && { approvers: input.approvers }),
    audit: input.audit ?? deps.settings.audit,
    ...(deps.hostQueue !== undefined && { host: deps.hostQueue }),
  }
  const line = input.task.replace(/\s+/g, ' ').trim()
  return {
    title: `code: ${line.length > 80 ? `${line.slice(0, 79)}…` : line}`,
    calls: input.plan ? [] : [{ call: firstCall(model, told, keep.options.maxTokens) }],
    shared: [],
    warnings: [...repository.warnings, ...dirtyWarning(repository)],
    settings: input,
    expectedOutput: EXPECTED.answer,
    // Checked with the plan's own: a model nobody knows is refused before anything is paid.
    later: [{ model: workerModel, inputTokens: 0, maxTokens: keep.options.maxTokens, expectedOutput: 0 }],
    texts: 50,
    code: facts,
    price: (counts) => priceOfPlanning(counts, model, input.plan !== undefined),
  }
}

async function opened({ repo, base, allowDirty }: Parsed, signal: AbortSignal): Promise<Repository> {
  try {
    return await openRepository({ directory: repo, allowDirty, ...(base !== undefined && { base }) }, signal)
  } catch (error) {
    if (error instanceof RepositoryError) throw new InputError(`repo: ${error.message}`)
    throw error
  }
}

/** Said now, not when all the work is done. */
async function refuseUnsandboxed(
  { settings, env }: ActivityDeps,
  { allowUnsandboxed }: Parsed,
  test: string | undefined,
): Promise<void> {
  if (test === undefined || allowUnsandboxed) return
  const problem = await sandboxProblem({ env, sandbox: { allowOldBubblewrap: settings.sandbox.allowOldBubblewrap } })
  if (problem === undefined) return
  throw new InputError(
    `test: ${JSON.stringify(test)} would run what agents wrote, and there is no sandbox for it on the worker's machine (${problem}); wanted bubblewrap, --allow-unsandboxed, or --no-test`,
  )
}

/** What the planner reads is what the agents begin with: of a checkout that is something else, a copy of its own. */
async function readable({ store }: ActivityDeps, self: Root, { top, branch, commit, dirty }: Repository) {
  const trees = await checkedOut(top, branch)
  if (dirty.length === 0 && trees.some((tree) => tree.path === top)) return top
  const path = join(await store.place(self, 'planner'), commit.slice(0, 12))
  await exportTree({ repository: top, commit, path })
  return path
}

function optionsOf(input: Parsed, model: string, workerModel: string): CodeKeep['options'] {
  const { naming, hooks, keep, maxTokens = MAX_TOKENS, maxRetries, maxWaitSeconds, timeoutSeconds } = input
  const { permissions, maxSteps, engine, approvers, onUnknown, allowUnsandboxed, audit } = input
  return {
    ...{ naming, hooks, keep, maxTokens, model, workerModel, maxRetries, maxWaitSeconds },
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
    ...(permissions && { permissions }),
    ...(maxSteps !== undefined && { maxSteps }),
    ...(engine && { engine }),
    ...(approvers && { approvers }),
    ...(onUnknown && { onUnknown }),
    ...(allowUnsandboxed && { allowUnsandboxed }),
    ...(audit !== undefined && { audit }),
  }
}

function plannerThread(input: Parsed, model: string, workspace: string): NonNullable<CodeFacts['planner']> {
  const { maxRetries, maxWaitSeconds, timeoutSeconds, audit, maxTokens = MAX_TOKENS, stream } = input
  return {
    agent: codePlanner(model, PLANNER_STEPS),
    ...{ model, maxTokens, workspace, stream, maxRetries, maxWaitSeconds },
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
    ...(audit !== undefined && { audit }),
  }
}

/** As the planner's thread makes it: for the count of its tokens. */
function firstCall(model: string, told: PlannerTask, maxTokens: number) {
  const { prompt, output } = codePlanner(model, PLANNER_STEPS)
  return {
    ...{ id: PLANNER_ITEM, model, maxTokens },
    system: [{ type: 'text' as const, text: prompt }],
    messages: [{ role: 'user' as const, content: plannerTask(told) }],
    ...(output && { output }),
  }
}

function priceOfPlanning(counts: Counts, model: string, given: boolean): Price {
  const nothing = { expectedUsd: 0, worstUsd: 0, inputTokens: 0, outputTokens: 0, basis: 'the plan was given' }
  if (given) return nothing
  const own = counts.items[0] ?? 0
  const sum = ({ steps, grows }: { steps: number; grows: number }, answer: number) => {
    let usd: Usd = 0
    for (let step = 0; step < steps; step++)
      usd = addUsd(usd, priceOf(model, { ...noUsage(), inputTokens: own + step * grows, outputTokens: answer }))
    return usd
  }
  return {
    expectedUsd: sum(EXPECTED, EXPECTED.answer),
    worstUsd: sum(WORST, EXPECTED.answer * 4),
    inputTokens: EXPECTED.steps * own,
    outputTokens: EXPECTED.steps * EXPECTED.answer,
    basis: `${counts.basis}; planning alone, what the plan costs is known when there is one`,
  }
}

function dirtyWarning({ dirty }: Repository): string[] {
  if (dirty.length === 0) return []
  const more = dirty.length > 5 ? ` and ${dirty.length - 5} more` : ''
  return [`not committed, so no agent sees it: ${dirty.slice(0, 5).join(', ')}${more}`]
}

const resolved = (model: string) => findModel(model)?.id ?? model
