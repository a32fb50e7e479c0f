// What this run has spent on a call, over all its attempts, from the journal: an interrupted, failed or lost attempt
// costs money too, and an answer an earlier run paid for costs nothing.
import type { Spent } from '../../contracts/call.js'
import { FAILURE } from '../../contracts/failures.js'
import { addUsage, addUsd, noUsage } from '../../contracts/usage.js'
import type { Attempt } from '../../storage/journal.js'

/** What an attempt records of its cost. */
export type AttemptCost = Omit<Spent, 'attempts'> & { partial?: string }

export function spentBy(run: string, attempts: Attempt[]): Spent & { lost: number } {
  const total: Spent & { lost: number } = { usage: noUsage(), usd: 0, savedUsd: 0, attempts: 0, lost: 0 }
  for (const attempt of attempts) {
    if (attempt.run !== run || wasNotMade(attempt)) continue
    total.attempts++
    if (attempt.outcome === 'lost') total.lost++
    const cost = attempt.usage as AttemptCost | undefined
    if (!cost) continue
    total.usage = addUsage(total.usage, cost.usage)
    total.usd = addUsd(total.usd, cost.usd)
    total.savedUsd = addUsd(total.savedUsd, cost.savedUsd)
  }
  return total
}

/** It was given up before anything was asked. */
export function wasNotMade({ error }: Attempt): boolean {
  return typeof error === 'object' && error !== null && 'type' in error && error.type === FAILURE.budgetNeeded
}

/** The text that had arrived when this run's last attempt broke off. */
export function partialOf(run: string, attempts: Attempt[]): string {
  const last = attempts.filter((attempt) => attempt.run === run).at(-1)
  return (last?.usage as AttemptCost | undefined)?.partial ?? ''
}

export function lostWarning(lost: number): string[] {
  if (lost === 0) return []
  return [`${lost} attempt${lost === 1 ? '' : 's'} ended with the worker that made it: what it cost is not known`]
}
