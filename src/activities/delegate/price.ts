// What a delegation costs before anybody knows its plan, and once its plan is known. The worst case counts calls, not
// plans: as many as may be made, each as dear as a call of a delegation can be.
import { priceOf } from '../../agents/prices.js'
import type { Price } from '../../contracts/outcome.js'
import { MAX_CALLS, MAX_PARTS } from '../../contracts/schemas/index.js'
import { addUsd, noUsage, roundUsd, type Usd } from '../../contracts/usage.js'
import { callsAtMost, FEWEST_TO_SPLIT, type Share } from './shares.js'

/** Models (ids), the longest answer and plan in tokens, and the tokens of the task with what the planner is told. */
export type Sizes = { model: string; workerModel: string; maxTokens: number; planTokens: number; taskTokens: number }

/** Tokens around a task: what an agent is told of its role, and the reasons a plan was refused for. */
const FRAME = 1500
const EXPECTED = { plan: 800, answer: 1500, parts: 4 }

type Kind = 'plan' | 'answer' | 'integrate'

function priceOfCall(kind: Kind, sizes: Sizes, of: 'expected' | 'worst', parts: number): Usd {
  const { model, workerModel, maxTokens, planTokens, taskTokens } = sizes
  const worst = of === 'worst'
  const answer = worst ? maxTokens : Math.min(EXPECTED.answer, maxTokens)
  const plan = worst ? planTokens : Math.min(EXPECTED.plan, planTokens)
  // A part's task and context come out of a plan, so they are no longer than one.
  const task = worst ? Math.max(taskTokens, planTokens) + FRAME : taskTokens + 300
  const inputTokens = { plan: task + (worst ? plan : 0), answer: task, integrate: task + plan + parts * answer }
  const outputTokens = kind === 'plan' ? plan : answer
  return priceOf(kind === 'answer' ? workerModel : model, {
    ...noUsage(),
    inputTokens: inputTokens[kind],
    outputTokens,
  })
}

const times = (usd: Usd, count: number): Usd => (usd === null ? null : roundUsd(usd * count))
const dearer = (a: Usd, b: Usd): Usd => (a === null || b === null ? null : Math.max(a, b))

/** The dearest so many calls can be, with so many levels of splitting. Planning that was paid for is not in it. */
export function worstOf(sizes: Sizes, calls: number, depth: number): Usd {
  // Every split has a plan, an integration and two parts or more: so many fit into the calls, and into the levels.
  const inLevels = Array.from({ length: depth }, (_, level) => MAX_PARTS ** level).reduce(
    (sum, count) => sum + count,
    0,
  )
  const splits = Math.min(inLevels, Math.floor((calls - 1) / (FEWEST_TO_SPLIT - 1)))
  const other = dearer(priceOfCall('plan', sizes, 'worst', 0), priceOfCall('answer', sizes, 'worst', 0))
  const integrations = times(priceOfCall('integrate', sizes, 'worst', MAX_PARTS), splits)
  return addUsd(integrations, times(dearer(other, 0), calls - splits))
}

/** A task that is likely split, into `parts` that are not. */
function expectedSplit(sizes: Sizes, parts: number): Usd {
  const calls = addUsd(priceOfCall('plan', sizes, 'expected', 0), priceOfCall('integrate', sizes, 'expected', parts))
  return addUsd(calls, times(priceOfCall('answer', sizes, 'expected', 0), parts))
}

function priced(expectedUsd: Usd, worstUsd: Usd, sizes: Sizes, calls: number, basis: string): Price {
  const answers = Math.min(EXPECTED.answer, sizes.maxTokens)
  return {
    expectedUsd,
    worstUsd,
    inputTokens: sizes.taskTokens + calls * 500,
    outputTokens: calls * answers,
    basis: `${basis}; expected: answers of ${answers} tokens; worst: every call as long as allowed; retries can add to it`,
  }
}

/** Before anything is planned. */
export function priceUnplanned(sizes: Sizes, depth: number): Price {
  const calls = Math.min(MAX_CALLS, callsAtMost(depth))
  const basis = `not planned yet, so ${EXPECTED.parts} parts are assumed; worst: ${calls} calls`
  return priced(expectedSplit(sizes, EXPECTED.parts), worstOf(sizes, calls, depth), sizes, EXPECTED.parts + 2, basis)
}

export function priceOfShare(sizes: Sizes, { calls, depth, splits }: Share): Price {
  if (!splits) {
    const answer = (of: 'expected' | 'worst') => priceOfCall('answer', sizes, of, 0)
    return priced(answer('expected'), answer('worst'), sizes, 1, 'one call')
  }
  const parts = Math.min(EXPECTED.parts, calls - 2)
  const basis = `not planned yet, so ${parts} parts are assumed; at most ${calls} calls`
  return priced(expectedSplit(sizes, parts), worstOf(sizes, calls, depth), sizes, parts + 2, basis)
}

/** Of an accepted plan: its parts, the integration, and what planning has cost. */
export function priceOfPlan(sizes: Sizes, shares: Share[], { used, spentUsd }: { used: number; spentUsd: Usd }): Price {
  const parts = shares.map((share) => priceOfShare(sizes, share))
  const whole = (of: 'expected' | 'worst', rest: Usd[]): Usd =>
    [priceOfCall('integrate', sizes, of, shares.length), ...rest].reduce(addUsd, spentUsd)
  const calls = used + 1 + shares.reduce((sum, share) => sum + share.calls, 0)
  const expected = whole(
    'expected',
    parts.map(({ expectedUsd }) => expectedUsd),
  )
  const worst = whole(
    'worst',
    parts.map(({ worstUsd }) => worstUsd),
  )
  const basis = `${used} planning call${used === 1 ? '' : 's'} made; at most ${calls} calls in all`
  return priced(expected, worst, sizes, shares.length + 1, basis)
}

/** Of a task that is answered in one call after all. */
export function priceAlone(sizes: Sizes, { used, spentUsd }: { used: number; spentUsd: Usd }): Price {
  const answer = (of: 'expected' | 'worst') => addUsd(spentUsd, priceOfCall('answer', sizes, of, 0))
  return priced(
    answer('expected'),
    answer('worst'),
    sizes,
    1,
    `${used} planning call${used === 1 ? '' : 's'} made; one to answer`,
  )
}
