// A request to a model within a budget, whatever is asked: money was set aside before it is dispatched. When its attempts
// come to need more than that, more is set aside and it is dispatched again, or a person says no.
import type { CallBudget } from '../../../contracts/call.js'
import { addUsd, roundUsd, type Usd } from '../../../contracts/usage.js'
import { type Budget, type Reservation, reserve, settle, type Wanted } from './ledger.js'

/** What is known of an ending: `usd` over all attempts. `paidUsd`: it was given up, because more might be needed. */
export type Priced = { usd: Usd; paidUsd?: number }

/** `stopped`: why it was not dispatched again; `last` is what the last time came to. */
export type Spending<T> = { last: T; stopped?: 'rejected' | 'interrupted' }

export async function spending<T extends Priced>(
  { budget, wanted, first }: { budget: Budget; wanted: Wanted; first: Reservation },
  dispatch: (money: CallBudget) => Promise<T>,
): Promise<Spending<T>> {
  let reservation = first
  let [paidUsd, knownUsd]: [number, Usd] = [0, 0]
  for (;;) {
    const last = await dispatch({ reservedUsd: roundUsd(paidUsd + reservation.usd), worstUsd: wanted.worstUsd })
    if (last.paidUsd === undefined) {
      settle(reservation, since(last.usd, knownUsd))
      return { last }
    }
    settle(reservation, roundUsd(last.paidUsd - paidUsd))
    paidUsd = last.paidUsd
    knownUsd = last.usd
    const next = await reserve(budget, { ...wanted, label: `${wanted.label} again` })
    if (typeof next === 'string') return { last, stopped: next }
    reservation = next
  }
}

function since(usd: Usd, knownUsd: Usd): Usd {
  return usd === null || knownUsd === null ? null : Math.max(0, addUsd(usd, -knownUsd) ?? 0)
}
