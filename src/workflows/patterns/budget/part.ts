// A child looks after its own part of the budget: set aside for it whole before it starts, counted by what it spent.
// What a person allowed it beyond its part, they allowed the run.
import type { BudgetState } from '../../../contracts/messages.js'
import { roundUsd, type Usd } from '../../../contracts/usage.js'
import { type Budget, leftOf, type Reservation, reserve, settle } from './ledger.js'

/** Less cannot pay for a call worth making: a person is asked for so much instead. */
const LEAST_USD = 0.01

export type Part = { reservation: Reservation; budgetUsd?: number }

/** @param wanted `share`: of what is left, above 0 and at most 1. `mostUsd`: more it cannot need. */
export async function reservePart(
  budget: Budget | undefined,
  wanted: { share: number; mostUsd?: Usd; label: string; dropped?: () => boolean },
): Promise<Part | 'rejected' | 'interrupted'> {
  const { share, mostUsd, ...rest } = wanted
  const reservation = await reserve(budget, { ...rest, worstUsd: budget ? sizeOf(budget, share, mostUsd) : 0 })
  if (typeof reservation === 'string' || !budget) return typeof reservation === 'string' ? reservation : { reservation }
  return { reservation, budgetUsd: reservation.usd }
}

function sizeOf(budget: Budget, share: number, mostUsd: Usd | undefined): number {
  // Rounded down: parts that are all of it must fit together.
  const part = Math.floor(leftOf(budget) * share * 1e6) / 1e6
  return Math.max(LEAST_USD, Math.min(part, mostUsd ?? Number.POSITIVE_INFINITY))
}

/** @param child what the child says of its budget at its end. */
export function settlePart({ reservation }: Part, usd: Usd, child: BudgetState | undefined): void {
  const { budget } = reservation
  const allowed = child ? roundUsd(child.capUsd - reservation.usd) : 0
  if (budget && allowed > 0) budget.capUsd = roundUsd(budget.capUsd + allowed)
  settle(reservation, child ? child.spentUsd : usd)
}
