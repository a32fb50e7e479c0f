// A call of a run with a budget, as an item: what it cost is settled when it has ended, and where a person allows no more
// it ends with what is known.
import type { CancellationScope } from '@temporalio/workflow'
import type { CallRequest } from '../../../contracts/call.js'
import type { ItemResult } from '../../../contracts/outcome.js'
import type { Usd } from '../../../contracts/usage.js'
import { call, type Ended, skipped } from '../calls/call.js'
import { wasInterrupted } from '../run/interruption.js'
import type { Run } from '../run/run.js'
import { type Reservation, reserve } from './ledger.js'
import { spending } from './spending.js'

export type Money = { reservation: Reservation; worstUsd: Usd }

/** For one call outside a fan-out. @returns how it ended instead, where it is not to be made. */
export async function setAside(
  run: Run,
  { id, worstUsd = null }: { id: string; worstUsd?: Usd },
): Promise<Money | { instead: ItemResult }> {
  const reservation = await reserve(run.budget, { worstUsd, label: id, dropped: () => wasInterrupted(run, id) })
  if (typeof reservation !== 'string') return { reservation, worstUsd }
  const interrupted = reservation === 'interrupted' && !run.stopped
  return { instead: { ...skipped(id), ...(interrupted && { status: 'interrupted' as const }) } }
}

/** As `call`. `money`: none, where nothing limits it. */
export function paidCall(
  run: Run,
  request: CallRequest,
  id: string,
  scope: CancellationScope,
  money: Money | undefined,
): Promise<Ended> {
  const budget = money?.reservation.budget
  if (budget) return within({ ...money, budget }, request, id, scope, () => wasInterrupted(run, id))
  return call(request, id, scope, () => wasInterrupted(run, id))
}

async function within(
  { reservation, worstUsd, budget }: Money & { budget: NonNullable<Reservation['budget']> },
  request: CallRequest,
  id: string,
  scope: CancellationScope,
  stopped: () => boolean,
): Promise<Ended> {
  const wanted = { worstUsd, label: id, dropped: stopped }
  const ended = await spending({ budget, wanted, first: reservation }, async (money) => {
    const { result, ...more } = await call({ ...request, budget: money }, id, scope, stopped)
    return { ...more, result, usd: result.usd }
  })
  const { result, savedUsd, reused } = ended.last
  return { result: ended.stopped === 'interrupted' ? interrupted(result) : result, savedUsd, reused }
}

function interrupted({ error: _, ...result }: ItemResult): ItemResult {
  return { ...result, status: 'interrupted' }
}
