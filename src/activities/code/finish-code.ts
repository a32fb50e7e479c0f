// The run's summary, from what is there: figures from usage and clocks, never from a promise.

import { priceOf } from '../../agents/prices.js'
import type {
  CodePlan,
  CodeReport,
  FinishCodeRequest,
  FinishedCode,
  ModelTokens,
  Savings,
} from '../../contracts/code.js'
import { PLANNER_ITEM } from '../../contracts/code.js'
import type { Usage, Usd } from '../../contracts/usage.js'
import { addUsd } from '../../contracts/usage.js'
import type { CallDeps } from '../call/deps.js'
import { readableStorageErrors } from '../storage-errors.js'
import { keepText } from '../texts.js'
import { agentOf, keptCode, keptPlan } from './keep.js'
import { FINISHED, type FinishedRecord } from './record.js'
import { summaryOf } from './summary.js'

export function createFinishCode({ store }: CallDeps) {
  return async function finishCode(request: FinishCodeRequest): Promise<FinishedCode> {
    const { root, keep, plan: ref, inlineBytes, commits, tests } = request
    return readableStorageErrors(async () => {
      const { options } = await keptCode(store, keep)
      const plan = await keptPlan(store, ref)
      const reports = await Promise.all(
        Object.values(request.reports).map(async (one) => JSON.parse(await store.text(one)) as CodeReport),
      )
      const order = plan.stages.flatMap(({ agents }) => agents.map(({ id }) => id))
      reports.sort((a, b) => order.indexOf(a.agent) - order.indexOf(b.agent))
      const tokens = tokensOf(request, plan, options.model)
      const savings = savingsOf(request, options.model)
      const finished = { plan, reports, commits, ...(tests && { tests }), tokens, savings }
      const summary = summaryOf(request, finished)
      await store.note(root, FINISHED, { summary } satisfies FinishedRecord)
      return { ...finished, summary: await keepText(store, root, summary, inlineBytes) }
    })
  }
}

function tokensOf({ items }: FinishCodeRequest, plan: CodePlan, planning: string): ModelTokens[] {
  const agents = new Set(plan.stages.flatMap((stage) => stage.agents.map(({ id }) => id)))
  const byModel = new Map<string, ModelTokens>()
  for (const { id, usage, usd } of items) {
    if (id !== PLANNER_ITEM && !agents.has(id)) continue
    const model = id === PLANNER_ITEM ? planning : agentOf(plan, id).model
    const sum = byModel.get(model) ?? { model, inputTokens: 0, outputTokens: 0, usd: 0 }
    byModel.set(model, {
      model,
      inputTokens: sum.inputTokens + promptOf(usage),
      outputTokens: sum.outputTokens + usage.outputTokens,
      usd: addUsd(sum.usd, usd),
    })
  }
  return [...byModel.values()]
}

const promptOf = ({ inputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens }: Usage) =>
  inputTokens + cacheReadTokens + cacheWrite5mTokens + cacheWrite1hTokens

/** The same tokens on the planning model are priced request by request there; here their sum, in its lowest tier. */
function savingsOf({ times, workMs, items }: FinishCodeRequest, model: string): Savings {
  const oneByOneMs = times.reduce((sum, { ms }) => sum + ms, 0)
  const spent = items.filter(({ id }) => id !== PLANNER_ITEM)
  const usd = spent.reduce<Usd>((sum, item) => addUsd(sum, item.usd), 0)
  const plannedUsd = spent.reduce<Usd>((sum, { usage }) => addUsd(sum, priceOf(model, usage)), 0)
  const less = (now: number, then: number) => (then === 0 ? 0 : Math.round((1 - now / then) * 100))
  return {
    time: { togetherMs: workMs, oneByOneMs, percent: less(workMs, oneByOneMs) },
    cost: { model, usd, plannedUsd, percent: usd === null || !plannedUsd ? null : less(usd, plannedUsd) },
  }
}
