// `delegate`: one call is planned here, the one that plans. What it will cost in all is known by the most calls there may
// be, not by the parts, which nobody knows yet.
import { DEFAULT_MODEL, findModel } from '../../agents/models.js'
import { PLAN_ITEM } from '../../contracts/delegate.js'
import { DelegateInput, MAX_CALLS } from '../../contracts/schemas/index.js'
import { plannerCall } from '../delegate/assignment.js'
import { fingerprint } from '../delegate/plan-rules.js'
import { priceUnplanned, type Sizes } from '../delegate/price.js'
import { InputError } from '../input-error.js'
import type { Draft } from './draft.js'
import { parseInput } from './parse.js'

/** Plans and answers come behind thinking, and thinking counts. */
const MAX_TOKENS = 8192
/** A result names every task and every answer of the tree, and those of its own parts once more. */
const TEXTS = 2 * MAX_CALLS + 20

export function draftDelegate(raw: unknown): Draft {
  const input = parseInput(DelegateInput, raw)
  if (input.task.trim() === '') throw new InputError('task: is empty; wanted text')
  const named = input.model ?? DEFAULT_MODEL
  // Resolved here already: most requests are made long after the plan.
  const model = findModel(named)?.id ?? named
  const worker = input.workerModel ?? model
  const workerModel = findModel(worker)?.id ?? worker
  const maxTokens = input.maxTokens ?? MAX_TOKENS
  const planTokens = Math.min(MAX_TOKENS, findModel(model)?.maxOutputTokens ?? MAX_TOKENS)
  for (const id of new Set([model, workerModel])) {
    const most = findModel(id)?.maxOutputTokens
    if (most !== undefined && maxTokens > most)
      throw new InputError(`maxTokens: got ${maxTokens}, wanted at most ${most} for ${id}`)
  }
  const told = { task: input.task }
  const sizesFor = (taskTokens: number): Sizes => ({ model, workerModel, maxTokens, planTokens, taskTokens })
  const line = input.task.replace(/\s+/g, ' ').trim()
  return {
    title: `delegate: ${line.length > 80 ? `${line.slice(0, 79)}…` : line}`,
    calls: [{ call: plannerCall(PLAN_ITEM, { told, sizes: sizesFor(0) }) }],
    shared: [],
    warnings: [],
    settings: input,
    expectedOutput: 800,
    // Checked with the plan's own: a model nobody knows is refused before anything is paid.
    later: [{ model: workerModel, inputTokens: 0, maxTokens, expectedOutput: 0 }],
    texts: TEXTS,
    delegation: {
      depth: input.maxDepth,
      calls: MAX_CALLS,
      task: input.task,
      assignment: (counts, models) => ({
        told,
        ancestors: [fingerprint(input.task)],
        sizes: { ...sizesFor(counts.items[0] ?? 0), ...models },
        ...(input.timeoutSeconds !== undefined && { timeoutSeconds: input.timeoutSeconds }),
      }),
      price: (sizes) => priceUnplanned(sizes, input.maxDepth),
    },
  }
}
