// A history has a limit, a run has none: between calls it continues as new with facts and refs, and no message is lost
// on the way.
import { allHandlersFinished, condition, continueAsNew, workflowInfo } from '@temporalio/workflow'
import type { Continued } from '../../../contracts/continuation.js'
import type { ItemResult } from '../../../contracts/outcome.js'
import type { Plan } from '../../../contracts/plan.js'
import { budgetState } from '../budget/ledger.js'
import { steps } from '../calls/call.js'
import type { Run } from './run.js'

/** What a workflow is called with: its input, or what its earlier execution carried over. */
export type Input<I, C = Continued> = I | { continued: C }

/** Only an earlier execution may carry something over; written by hand it is an unknown field, refused by `prepare`. */
export function continuedFrom<C = Continued>(input: unknown): C | undefined {
  if (workflowInfo().continuedFromExecutionRunId === undefined) return undefined
  if (typeof input !== 'object' || input === null || !('continued' in input)) return undefined
  return (input as { continued: C }).continued
}

export async function continueRun(run: Run, plan: Plan): Promise<never> {
  const outcomes = await steps.keepOutcomes({ root: plan.root, outcomes: [...run.results.values()] })
  await condition(allHandlersFinished)
  const continued: Continued = {
    plan,
    ended: run.ended,
    outcomes: [...run.outcomes, outcomes],
    totals: run.totals,
    approvals: run.approvals,
    ...(run.budget && { budget: budgetState(run.budget) }),
    refused: run.refused,
    refusedCount: run.refusedCount,
    seen: [...run.seen],
    paused: run.paused,
    stopped: run.stopped,
    interrupted: [...run.interrupted],
    released: [...run.released],
  }
  return continueAsNew<(input: { continued: Continued }) => Promise<never>>({ continued })
}

/** Every item's result, of this execution and the ones before, in the plan's order; a review's summary after them. */
export async function allResults(run: Run): Promise<ItemResult[]> {
  const earlier = run.outcomes.length > 0 ? await steps.recallOutcomes({ refs: run.outcomes }) : []
  const byId = new Map([...earlier, ...run.results.values()].map((result) => [result.id, result]))
  const planned = [...(run.plan?.items ?? []).map((item) => item.id), ...(run.plan?.later ?? [])]
  const ids = new Set([...planned, ...byId.keys()])
  return [...ids].flatMap((id) => byId.get(id) ?? [])
}
