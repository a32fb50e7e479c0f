// However a planner plans, the calls of a delegation, its levels and its price stay within what was said before.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { priceOfPlan, priceOfShare, priceUnplanned, worstOf } from '../../../src/activities/delegate/price.js'
import {
  callsAtMost,
  FEWEST_TO_SPLIT,
  MOST_TRIES,
  mayPlanAgain,
  partsAtMost,
  type Share,
  sharesOf,
} from '../../../src/activities/delegate/shares.js'
import { MAX_CALLS, MAX_PARTS } from '../../../src/contracts/schemas/index.js'

const SIZES = {
  model: 'claude-sonnet-5-5',
  workerModel: 'claude-haiku-5-5',
  maxTokens: 8192,
  planTokens: 8192,
  taskTokens: 500,
}

/** What a planner does each time it is asked: a number of bad plans, then parts, each to be split again or not. */
type Behaviour = { bad: number; wants: boolean[] }
const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  bad: fc.integer({ min: 0, max: 5 }),
  wants: fc.array(fc.boolean(), { minLength: 2, maxLength: MAX_PARTS }),
})
const hostile: fc.Arbitrary<Behaviour> = fc.record({
  bad: fc.integer({ min: 0, max: 5 }),
  wants: fc.array(fc.constant(true), { minLength: 2, maxLength: MAX_PARTS }),
})
const planners = fc.array(fc.oneof(behaviour, hostile), { minLength: 1, maxLength: 30 })

type Spent = { calls: number; depth: number; shares: Share[] }

/** Goes through a delegation as the workflow does, asking the next planner of the list for every plan. */
function spend({ calls, depth, splits, concurrency }: Share, ask: () => Behaviour): Spent {
  if (!splits) return { calls: 1, depth: 0, shares: [] }
  const { bad, wants } = ask()
  let used = 1
  for (let tries = 1; bad >= tries; tries++) {
    if (tries >= MOST_TRIES || !mayPlanAgain(calls, used)) return { calls: used + 1, depth: 0, shares: [] }
    used++
  }
  const parts = wants.slice(0, partsAtMost(calls, used))
  const { shares } = sharesOf(parts, { left: calls - used - 1, depth, concurrency })
  const spent = shares.map((share) => spend(share, ask))
  return {
    calls: used + 1 + spent.reduce((sum, part) => sum + part.calls, 0),
    depth: 1 + Math.max(0, ...spent.map((part) => part.depth)),
    shares,
  }
}

function asking(list: Behaviour[]): () => Behaviour {
  let next = 0
  return () => list[next++ % list.length] as Behaviour
}

const whole = (depth: number, concurrency = 10): Share => ({ calls: MAX_CALLS, depth, splits: true, concurrency })

describe('a delegation', () => {
  it('never makes more than 50 calls nor more levels than it may, whatever is planned', () => {
    fc.assert(
      fc.property(planners, fc.integer({ min: 1, max: 4 }), (list, depth) => {
        const spent = spend(whole(depth), asking(list))
        expect(spent.calls).toBeLessThanOrEqual(MAX_CALLS)
        expect(spent.depth).toBeLessThanOrEqual(depth)
      }),
      { numRuns: 2000 },
    )
  })

  it('can use all of its calls: the limit is no accident', () => {
    const eight = { bad: 0, wants: Array.from({ length: MAX_PARTS }, () => true) }
    expect(spend(whole(4), asking([eight])).calls).toBeGreaterThan(MAX_CALLS - MAX_PARTS)
  })

  it('gives every part a call, one that splits enough to split, and no more in all than there are', () => {
    const wanting = fc.array(fc.boolean(), { minLength: 2, maxLength: MAX_PARTS })
    fc.assert(
      fc.property(wanting, fc.nat({ max: MAX_CALLS }), fc.integer({ min: 1, max: 4 }), (wants, more, depth) => {
        const left = wants.length + more
        const { shares } = sharesOf(wants, { left, depth, concurrency: 10 })
        expect(shares.reduce((sum, { calls }) => sum + calls, 0)).toBeLessThanOrEqual(left)
        for (const { calls, splits, depth: below } of shares) {
          expect(calls).toBeGreaterThanOrEqual(splits ? FEWEST_TO_SPLIT : 1)
          expect(below).toBe(splits ? depth - 1 : 0)
        }
      }),
    )
  })

  it('never runs more calls at once than the run may', () => {
    const wanting = fc.array(fc.boolean(), { minLength: 2, maxLength: MAX_PARTS })
    fc.assert(
      fc.property(wanting, fc.integer({ min: 1, max: 60 }), (wants, concurrency) => {
        const { shares, atOnce } = sharesOf(wants, { left: 48, depth: 3, concurrency })
        const most = shares.map((share) => share.concurrency).sort((a, b) => b - a)
        expect(most.slice(0, atOnce).reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(concurrency)
        expect(Math.min(...most)).toBeGreaterThanOrEqual(1)
      }),
    )
  })

  it('of one level has at most three plans, eight parts and an integration', () => {
    expect([0, 1, 2, 3, 4].map(callsAtMost)).toEqual([1, 12, 50, 50, 50])
  })
})

describe('the worst price of a delegation', () => {
  it('is not passed by that of any plan of it', () => {
    fc.assert(
      fc.property(planners, fc.integer({ min: 1, max: 4 }), (list, depth) => {
        const { worstUsd } = priceUnplanned(SIZES, depth)
        const { shares } = spend(whole(depth), asking(list.map(({ wants }) => ({ bad: 0, wants }))))
        const planned = priceOfPlan(SIZES, shares, { used: 1, spentUsd: 0 }).worstUsd
        expect(planned).toBeLessThanOrEqual((worstUsd ?? Number.NaN) + 1e-6)
        for (const share of shares) expect(priceOfShare(SIZES, share).worstUsd).toBeGreaterThan(0)
      }),
    )
  })

  it('is above the expected one, and unknown when the price of a model is', () => {
    const { expectedUsd, worstUsd } = priceUnplanned(SIZES, 2)
    expect(worstUsd).toBeGreaterThan(expectedUsd ?? Number.NaN)
    expect(priceUnplanned({ ...SIZES, workerModel: 'claude-new' }, 2)).toMatchObject({
      expectedUsd: null,
      worstUsd: null,
    })
    expect(worstOf({ ...SIZES, model: 'claude-new' }, 50, 2)).toBeNull()
  })
})
