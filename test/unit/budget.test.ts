// Whatever calls turn out to cost, however many run at once and whatever a person says: what is spent and set aside
// together never passes the cap, and nobody waits for ever.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Budget,
  ledger,
  type MoneyAnswer,
  type MoneyAsked,
  raiseCap,
  reserve,
  settle,
} from '../../src/workflows/patterns/budget/ledger.js'

type Call = { worst: number; share: number; ticks: number }

const call = fc.record({ worst: fc.integer({ min: 0, max: 5000 }), share: fc.nat(1000), ticks: fc.nat(5) })
const dollars = (millis: number) => millis / 1000

/** A budget whose person answers after a tick, and that is looked at after every change. */
function watched(capUsd: number, say: (asked: MoneyAsked) => MoneyAnswer) {
  const asked: MoneyAsked[] = []
  const budget = ledger(capUsd, {
    forgives: false,
    ask: async (question) => {
      asked.push(question)
      await Promise.resolve()
      return say(question)
    },
  })
  const look = () => {
    expect(budget.spentUsd + budget.reservedUsd).toBeLessThanOrEqual(budget.capUsd + 1e-9)
    expect(budget.reservedUsd).toBeGreaterThanOrEqual(0)
  }
  return { budget, asked, look }
}

async function make(budget: Budget, { worst, share, ticks }: Call, look: () => void) {
  const reservation = await reserve(budget, { worstUsd: dollars(worst), label: 'a call' })
  look()
  if (typeof reservation === 'string') return reservation
  for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
  settle(reservation, dollars(Math.floor((worst * share) / 1000)))
  look()
  return 'made'
}

/** As a fan-out does: so many at once. */
async function atOnce(calls: Call[], concurrency: number, each: (call: Call) => Promise<string>): Promise<string[]> {
  const ends: string[] = []
  const rest = calls.entries()
  const work = async () => {
    for (const [index, one] of rest) ends[index] = await each(one)
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  return ends
}

describe('a budget', () => {
  it('is never passed by a hundred calls at once, and every call comes to an end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 150 }), fc.integer({ min: 1, max: 50_000 }), async (calls, cap) => {
        const { budget, look } = watched(dollars(cap), () => 'rejected')
        const ends = await atOnce(calls, 100, (one) => make(budget, one, look))
        expect(ends).toHaveLength(calls.length)
        expect(budget.capUsd).toBe(dollars(cap))
        expect(budget).toMatchObject({ reservedUsd: 0, open: 0, waiting: [] })
      }),
      { numRuns: 300 },
    )
  })

  it('that a person raises call by call lets every call through, each by exactly what it needs', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 60 }), fc.integer({ min: 1, max: 20_000 }), async (calls, cap) => {
        const { budget, asked, look } = watched(dollars(cap), () => 'approved')
        const ends = await atOnce(calls, 100, (one) => make(budget, one, look))
        expect(ends.every((end) => end === 'made')).toBe(true)
        for (const { spentUsd, needsUsd, capUsd } of asked) expect(spentUsd + (needsUsd ?? 0)).toBeGreaterThan(capUsd)
        const last = asked.at(-1)
        if (last) expect(budget.capUsd).toBeCloseTo(last.spentUsd + (last.needsUsd ?? 0), 6)
      }),
      { numRuns: 300 },
    )
  })

  it('serves who came first, and asks nobody while money may still come back', async () => {
    const { budget, asked } = watched(1, () => 'rejected')
    const first = await reserve(budget, { worstUsd: 0.9, label: 'first' })
    const order: string[] = []
    const large = reserve(budget, { worstUsd: 0.8, label: 'large' }).then((got) => order.push('large') && got)
    const small = reserve(budget, { worstUsd: 0.05, label: 'small' }).then((got) => order.push('small') && got)
    await Promise.resolve()
    expect([order, asked]).toEqual([[], []])
    if (typeof first === 'string') throw new Error(first)
    settle(first, 0.1)
    expect(await Promise.all([large, small])).toEqual([
      expect.objectContaining({ usd: 0.8 }),
      expect.objectContaining({ usd: 0.05 }),
    ])
    expect([order, asked]).toEqual([['large', 'small'], []])
  })

  it('asks about a call of unknown price, and counts nothing of it but that', async () => {
    const { budget, asked } = watched(1, () => 'approved')
    const reservation = await reserve(budget, { worstUsd: null, label: 'dear' })
    expect(asked).toEqual([{ spentUsd: 0, needsUsd: null, capUsd: 1, for: 'dear' }])
    if (typeof reservation === 'string') throw new Error(reservation)
    settle(reservation, null)
    expect(budget).toMatchObject({ spentUsd: 0, unknown: true, capUsd: 1 })
  })

  it('counts a call whose cost did not come back at its worst, and a settlement once', async () => {
    const { budget } = watched(1, () => 'rejected')
    const reservation = await reserve(budget, { worstUsd: 0.4, label: 'lost' })
    if (typeof reservation === 'string') throw new Error(reservation)
    settle(reservation, null)
    settle(reservation, 0.3)
    expect(budget).toMatchObject({ spentUsd: 0.4, reservedUsd: 0, open: 0 })
  })

  it('lets what waits go on when the cap is raised while a person is asked', async () => {
    const questions: ((answer: MoneyAnswer) => void)[] = []
    const budget = ledger(1, { forgives: false, ask: () => new Promise((done) => questions.push(done)) })
    const waiting = reserve(budget, { worstUsd: 3, label: 'dear' })
    raiseCap(budget, 2)
    questions[0]?.('withdrawn')
    await Promise.resolve()
    await Promise.resolve()
    expect(questions).toHaveLength(2)
    raiseCap(budget, 3)
    expect(await waiting).toMatchObject({ usd: 3 })
  })

  it('refused once refuses all that comes, except in a thread, whose next turn is another matter', async () => {
    for (const forgives of [false, true]) {
      let asked = 0
      const budget = ledger(1, { forgives, ask: async () => (asked++ === 0 ? 'rejected' : 'approved') })
      expect(await reserve(budget, { worstUsd: 2, label: 'one' })).toBe('rejected')
      const next = await reserve(budget, { worstUsd: 2, label: 'two' })
      expect(typeof next === 'string').toBe(!forgives)
    }
  })

  it('drops what nobody needs any more, and serves the next', async () => {
    let dropped = false
    const { budget } = watched(1, () => 'rejected')
    const first = await reserve(budget, { worstUsd: 1, label: 'first' })
    const second = reserve(budget, { worstUsd: 0.5, label: 'second', dropped: () => dropped })
    const third = reserve(budget, { worstUsd: 0.2, label: 'third' })
    dropped = true
    if (typeof first === 'string') throw new Error(first)
    settle(first, 0.8)
    expect(await second).toBe('interrupted')
    expect(await third).toMatchObject({ usd: 0.2 })
  })
})
