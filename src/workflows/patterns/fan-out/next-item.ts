// The item of a fan-out that is next, while there is no money for it, or while the run is paused and there is: nothing
// overtakes it, so that many cheap items never keep a dear one waiting for ever.
import type { ItemResult } from '../../../contracts/outcome.js'
import type { PlannedItem } from '../../../contracts/plan.js'
import { reserve, settle, take } from '../budget/ledger.js'
import type { Money } from '../budget/paid-call.js'
import { skipped } from '../calls/call.js'
import { changed, type Run } from '../run/run.js'

export type Next = { item: PlannedItem; leads: boolean }

export type Starting = {
  start(next: Next, money?: Money): void
  /** It is not to be asked. `rejected`: nor is anything after it. */
  drop(next: Next, result: ItemResult, rejected: boolean): void
  /** Nothing more is to be started. */
  ending(): boolean
  failed(error: unknown): void
}

export type NextItem = {
  /** Starts it, now or as soon as there is money for it. */
  begin(next: Next): void
  waits(): boolean
  /** After anything that may let it start. */
  look(): void
}

export function nextItem(run: Run, { start, drop, ending, failed }: Starting): NextItem {
  let held: (Next & { money?: Money }) | undefined

  const hold = (next: Next) => {
    const { id, worstUsd = null } = next.item
    held = next
    const stopped = () => run.interrupted.has(id)
    reserve(run.budget, { worstUsd, label: id, dropped: () => ending() || stopped() }).then((reservation) => {
      if (typeof reservation !== 'string') held = { ...next, money: { reservation, worstUsd } }
      else {
        held = undefined
        const interrupted = stopped() && !run.stopped && { status: 'interrupted' as const }
        drop(next, { ...skipped(id), ...interrupted }, reservation === 'rejected')
      }
      changed(run)
    }, failed)
  }

  return {
    begin(next) {
      const { id, worstUsd = null } = next.item
      const reservation = run.budget && take(run.budget, { worstUsd, label: id })
      if (run.budget && !reservation) hold(next)
      else start(next, reservation && { reservation, worstUsd })
    },
    waits: () => held !== undefined,
    look() {
      if (!held?.money || (run.paused && !ending())) return
      const { money, ...next } = held
      held = undefined
      if (!ending()) start(next, money)
      else {
        settle(money.reservation, 0)
        drop(next, skipped(next.item.id), false)
      }
    },
  }
}
