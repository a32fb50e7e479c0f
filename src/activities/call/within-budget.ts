// Money is set aside for a call before it is dispatched, but Temporal repeats an attempt without asking the workflow. So
// the attempt itself looks: what the ones before it cost and what it may cost must fit what was set aside, or it is not
// made, and the workflow sets aside more.
import { ApplicationFailure } from '@temporalio/activity'
import type { CallFailureDetails } from '../../contracts/call.js'
import { FAILURE } from '../../contracts/failures.js'
import { roundUsd } from '../../contracts/usage.js'
import type { Attempt, Claim } from '../../storage/journal.js'
import { type AttemptCost, lostWarning, spentBy, wasNotMade } from './spent.js'
import type { AskRequest } from './through-journal.js'

/** Throws BudgetNeeded, not retryable, and gives the attempt up. */
export async function withinBudget<A>(
  { budget, run }: Pick<AskRequest, 'budget' | 'run'>,
  claim: Extract<Claim<A>, { kind: 'mine' }>,
): Promise<void> {
  if (!budget || budget.worstUsd === null) return
  const paidUsd = paidFor(run, claim.earlier, budget.worstUsd)
  if (roundUsd(paidUsd + budget.worstUsd) <= budget.reservedUsd) return
  const message = `earlier attempts may have cost $${paidUsd}: with another one it could be more than the $${budget.reservedUsd} set aside`
  await claim.end('failed', { counted: false, error: { type: FAILURE.budgetNeeded, message } })
  const { lost, ...spent } = spentBy(run, claim.earlier)
  const details: CallFailureDetails = { ...spent, paidUsd, warnings: lostWarning(lost) }
  throw ApplicationFailure.create({ type: FAILURE.budgetNeeded, message, nonRetryable: true, details: [details] })
}

/** An attempt whose cost nobody knows counts at its worst. */
export function paidFor(run: string, attempts: Attempt[], worstUsd: number): number {
  const costs = attempts.flatMap((attempt) => {
    if (attempt.run !== run || wasNotMade(attempt)) return []
    return [(attempt.usage as AttemptCost | undefined)?.usd ?? worstUsd]
  })
  return roundUsd(costs.reduce((sum, usd) => sum + usd, 0))
}
