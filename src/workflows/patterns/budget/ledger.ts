// Money is set aside before it is spent: every call reserves what it may cost at worst, and gives back what it did not.
// So calls at once never pass the cap together, whatever each turns out to cost. What does not fit waits in line, first
// come first served, and when nothing is under way that could give something back, a person is asked.
import type { BudgetState } from '../../../contracts/messages.js'
import { roundUsd, type Usd } from '../../../contracts/usage.js'
import { dollars } from '../page/dollars.js'

/** Such as "spent $2.00, needs $0.40 more of a cap of $2.20". `needsUsd` null: nobody knows what the call costs. */
export type MoneyAsked = { spentUsd: number; needsUsd: Usd; capUsd: number; for: string }
export type MoneyAnswer = 'approved' | 'rejected' | 'withdrawn'

export type Budget = {
  capUsd: number
  spentUsd: number
  /** Calls were made whose price nobody knows. */
  unknown: boolean
  reservedUsd: number
  /** Reservations that are not settled. */
  open: number
  waiting: Waiting[]
  asking: boolean
  /** A person refused more, and that holds for all that comes. */
  refused: boolean
  /** Changes whenever the cap does: a question about an older one is withdrawn. */
  raises: number
  /** How a person is asked; resolves early with `withdrawn` when `over` says so. */
  ask(asked: MoneyAsked, over: () => boolean): Promise<MoneyAnswer>
  /** A refusal ends what waits, not what comes later: of a thread, whose next turn is another matter. */
  forgives: boolean
}

/** Until it is settled, nobody else can spend this. Of a run without a budget: nothing. */
export type Reservation = { usd: number; budget?: Budget; settled: boolean }

export type Wanted = {
  /** The most it may cost; null: unknown, which counts as over. */
  worstUsd: Usd
  /** What it is for, for people: "turn 3". */
  label: string
  /** Nobody needs it any more. */
  dropped?(): boolean
}

type Waiting = Wanted & {
  /** A person agreed to it although its price is unknown. */
  agreed?: true
  done(result: Reservation | 'rejected' | 'interrupted'): void
  failed(error: unknown): void
}

type Start = Pick<Budget, 'ask' | 'forgives'> & { carried?: BudgetState }

export function ledger(capUsd: number, { ask, forgives, carried }: Start): Budget {
  return {
    capUsd: carried?.capUsd ?? capUsd,
    spentUsd: carried?.spentUsd ?? 0,
    unknown: carried?.unknown ?? false,
    reservedUsd: 0,
    open: 0,
    waiting: [],
    asking: false,
    refused: carried?.refused ?? false,
    raises: 0,
    ask,
    forgives,
  }
}

export function budgetState({ capUsd, spentUsd, reservedUsd, unknown, refused }: Budget): BudgetState {
  return {
    ...{ capUsd, spentUsd, reservedUsd },
    ...(unknown && { unknown: true as const }),
    ...(refused && { refused: true as const }),
  }
}

/** What is neither spent nor set aside. */
export function leftOf({ capUsd, spentUsd, reservedUsd }: Budget): number {
  return Math.max(0, roundUsd(capUsd - spentUsd - reservedUsd))
}

/** At once, if it fits and nobody waits before it; undefined otherwise. Without a budget everything fits. */
export function take(budget: Budget | undefined, { worstUsd }: Wanted): Reservation | undefined {
  if (!budget) return { usd: 0, settled: false }
  return budget.waiting.length === 0 && !budget.refused && fits(budget, worstUsd)
    ? reserved(budget, worstUsd)
    : undefined
}

/** Waits until it fits, for a person if it must. `rejected`: they refused more. `interrupted`: `dropped` said so. */
export function reserve(budget: Budget | undefined, wanted: Wanted): Promise<Reservation | 'rejected' | 'interrupted'> {
  const taken = take(budget, wanted)
  if (!budget || taken) return Promise.resolve(taken ?? { usd: 0, settled: false })
  return new Promise((done, failed) => {
    budget.waiting.push({ ...wanted, done, failed })
    serve(budget)
  })
}

/** What it did cost, which goes for good; the rest is free again. `usd` null, of a known worst: all of it was spent. */
export function settle(reservation: Reservation, usd: Usd): void {
  const { budget } = reservation
  if (reservation.settled || !budget) return
  reservation.settled = true
  budget.open--
  budget.reservedUsd = roundUsd(budget.reservedUsd - reservation.usd)
  if (usd === null && reservation.usd === 0) budget.unknown = true
  budget.spentUsd = roundUsd(budget.spentUsd + (usd ?? reservation.usd))
  serve(budget)
}

/** @returns why not, if so. */
export function whyNoCap({ capUsd }: Budget, usd: number): string | undefined {
  return usd > capUsd ? undefined : `the cap is ${dollars(capUsd)} already: wanted more`
}

export function raiseCap(budget: Budget, usd: number): void {
  budget.capUsd = usd
  budget.raises++
  budget.refused = false
  serve(budget)
}

/** Looks again at what waits: after money came back, a new cap, or something was stopped. */
export function serve(budget: Budget): void {
  for (;;) {
    const [first] = budget.waiting
    if (!first) return
    if (first.dropped?.()) first.done('interrupted')
    else if (budget.refused) first.done('rejected')
    else if (first.agreed || fits(budget, first.worstUsd)) first.done(reserved(budget, first.worstUsd))
    else {
      // Money that is set aside may come back; before that it is not known how much is wanted.
      if (budget.open === 0 && !budget.asking) askFor(budget, first)
      return
    }
    budget.waiting.shift()
  }
}

function fits({ capUsd, spentUsd, reservedUsd }: Budget, worstUsd: Usd): boolean {
  return worstUsd !== null && roundUsd(spentUsd + reservedUsd + worstUsd) <= capUsd
}

function reserved(budget: Budget, worstUsd: Usd): Reservation {
  const usd = worstUsd ?? 0
  budget.reservedUsd = roundUsd(budget.reservedUsd + usd)
  budget.open++
  return { usd, budget, settled: false }
}

function askFor(budget: Budget, first: Waiting): void {
  budget.asking = true
  const { spentUsd, capUsd, raises } = budget
  const over = () => budget.raises !== raises || (first.dropped?.() ?? false)
  budget.ask({ spentUsd, needsUsd: first.worstUsd, capUsd, for: first.label }, over).then(
    (answer) => {
      budget.asking = false
      if (answer === 'approved') agree(budget, first)
      if (answer === 'rejected') refuseAll(budget)
      serve(budget)
    },
    (error: unknown) => {
      budget.asking = false
      for (const waiting of budget.waiting.splice(0)) waiting.failed(error)
    },
  )
}

/** By exactly what was asked for: the next call that does not fit is another question. */
function agree(budget: Budget, first: Waiting): void {
  if (first.worstUsd === null) first.agreed = true
  else budget.capUsd = Math.max(budget.capUsd, roundUsd(budget.spentUsd + budget.reservedUsd + first.worstUsd))
}

function refuseAll(budget: Budget): void {
  if (!budget.forgives) budget.refused = true
  for (const waiting of budget.waiting.splice(0)) waiting.done(waiting.dropped?.() ? 'interrupted' : 'rejected')
}
