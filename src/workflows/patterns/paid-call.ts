// A call within a budget. Money is set aside before it is dispatched; when its attempts come to need more than that, more
// is set aside and it is dispatched again, or a person says no and it ends with what is known.
import type { CancellationScope } from '@temporalio/workflow'
import type { CallRequest } from '../../contracts/call.js'
import type { ItemResult } from '../../contracts/outcome.js'
import { addUsd, roundUsd, type Usd } from '../../contracts/usage.js'
import { call, type Ended, skipped } from './call.js'
import { wasInterrupted } from './interruption.js'
import { type Reservation, reserve, settle } from './ledger.js'
import type { Run } from './run.js'

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

/** As `call`. What it cost is settled when it has ended. `money`: none, where nothing limits it. */
export function paidCall(
  run: Run,
  request: CallRequest,
  id: string,
  scope: CancellationScope,
  money: Money | undefined,
): Promise<Ended> {
  if (money) return within(run, request, id, scope, money)
  return call(request, id, scope, () => wasInterrupted(run, id))
}

async function within(
  run: Run,
  request: CallRequest,
  id: string,
  scope: CancellationScope,
  { reservation: first, worstUsd }: Money,
): Promise<Ended> {
  const stopped = () => wasInterrupted(run, id)
  let reservation = first
  let [paidUsd, knownUsd]: [number, Usd] = [0, 0]
  for (;;) {
    const budget = { reservedUsd: roundUsd(paidUsd + reservation.usd), worstUsd }
    const ended = await call({ ...request, budget }, id, scope, stopped)
    if (ended.paidUsd === undefined) {
      settle(reservation, more(ended.result.usd, knownUsd))
      return ended
    }
    settle(reservation, roundUsd(ended.paidUsd - paidUsd))
    paidUsd = ended.paidUsd
    knownUsd = ended.result.usd
    const next = await reserve(run.budget, { worstUsd, label: `${id} again`, dropped: stopped })
    if (next === 'interrupted') return { ...ended, result: interrupted(ended.result) }
    if (next === 'rejected') return ended
    reservation = next
  }
}

/** What was spent since so much was known. */
function more(usd: Usd, knownUsd: Usd): Usd {
  return usd === null || knownUsd === null ? null : Math.max(0, addUsd(usd, -knownUsd) ?? 0)
}

function interrupted({ error: _, ...result }: ItemResult): ItemResult {
  return { ...result, status: 'interrupted' }
}
