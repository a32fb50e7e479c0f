// Who may make how many calls, settled before any part starts: siblings never race for the last one, and the sum cannot
// pass the limit whatever the plans say. The same for how many calls run at once.
import { MAX_CALLS, MAX_PARTS } from '../../contracts/schemas/index.js'

/** Plans asked for before a task is answered in one call. */
export const MOST_TRIES = 3
/** Plan, two parts, integration: fewer calls split nothing. */
export const FEWEST_TO_SPLIT = 4

/** Calls a task with so many levels below it could use: plans, eight parts a level, integration. */
export function callsAtMost(depth: number): number {
  if (depth === 0) return 1
  return Math.min(MAX_CALLS, MOST_TRIES + MAX_PARTS * callsAtMost(depth - 1) + 1)
}

/** Parts there are calls for once `used` of `calls` went into planning; one is kept for the integration. */
export function partsAtMost(calls: number, used: number): number {
  return Math.min(MAX_PARTS, calls - used - 1)
}

/** Whether another plan may be asked for: afterwards there must be enough left to split. */
export function mayPlanAgain(calls: number, used: number): boolean {
  return partsAtMost(calls, used + 1) >= 2
}

export type Share = { calls: number; depth: number; concurrency: number; splits: boolean }

/** @param delegating for each part whether its plan wants it split again. `left`: calls for all parts together. */
export function sharesOf(
  delegating: boolean[],
  { left, depth, concurrency }: { left: number; depth: number; concurrency: number },
): { shares: Share[]; atOnce: number } {
  const parts = delegating.length
  const wanting = depth > 1 ? delegating.filter(Boolean).length : 0
  const calls = wanting === 0 ? 1 : Math.min(callsAtMost(depth - 1), 1 + Math.floor((left - parts) / wanting))
  const atOnce = Math.min(concurrency, parts)
  const splits = wanting > 0 && calls >= FEWEST_TO_SPLIT
  const more = splits ? Math.floor((concurrency - atOnce) / wanting) : 0
  const shares = delegating.map((wants) =>
    wants && splits
      ? { calls, depth: depth - 1, concurrency: 1 + more, splits: true }
      : { calls: 1, depth: 0, concurrency: 1, splits: false },
  )
  return { shares, atOnce }
}
