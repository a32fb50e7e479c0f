// Which activations are refused: those that come after what no task has taken yet, and no others.
import { describe, expect, it } from 'vitest'
import { AHEAD } from '../../src/contracts/failures.js'
import { interceptors } from '../../src/workflows/ahead-of-history.js'

type Activate = NonNullable<NonNullable<ReturnType<typeof interceptors>['internals']>[number]['activate']>
type Activation = Parameters<Activate>[0]['activation']

/** A run; each call is an activation: when its task started, the events it has seen, its jobs. @returns whether it is taken. */
function openRun() {
  const activate = interceptors().internals?.[0]?.activate
  if (!activate) throw new Error('nothing intercepts activations')
  return (started: number, historyLength: number, jobs: Activation['jobs'], isReplaying = false): boolean => {
    let taken = false
    const activation = { timestamp: { nanos: started }, historyLength, jobs, isReplaying }
    try {
      activate({ activation, batchIndex: 0 }, () => {
        taken = true
      })
    } catch (error) {
      expect(error).toEqual(new Error(AHEAD))
    }
    return taken
  }
}

const ENDED = [{ resolveActivity: {} }]
const SIGNAL = [{ signalWorkflow: {} }]
const QUERY = [{ queryWorkflow: {} }]

describe('a run of which a query showed more than its last task', () => {
  /** Task 18 is replayed; an activity ended (20, 21) and a task for that waits (22). */
  const shown = () => {
    const run = openRun()
    expect(run(1, 18, [{ initializeWorkflow: {} }], true)).toBe(true)
    expect(run(1, 22, ENDED)).toBe(true)
    expect(run(1, 22, QUERY)).toBe(true)
    return run
  }

  it('begins again when its task brings more: at once, after a time-out, many signals, an update, another end', () => {
    expect(shown()(2, 24, SIGNAL)).toBe(false)
    expect(shown()(2, 26, SIGNAL)).toBe(false)
    expect(shown()(2, 125, Array(100).fill(SIGNAL[0]))).toBe(false)
    expect(shown()(2, 23, [{ doUpdate: {} }])).toBe(false)
    expect(shown()(2, 25, ENDED)).toBe(false)
  })

  it('begins again when another query would show more', () => {
    expect(shown()(1, 23, SIGNAL)).toBe(false)
  })

  it('goes on when its task brought nothing else and was completed meanwhile', () => {
    // 23 started, 24 completed, 25 a command, then the signal, its task and the start of that.
    expect(shown()(3, 28, SIGNAL)).toBe(true)
  })

  it('answers queries', () => {
    const run = shown()
    expect(run(1, 22, QUERY)).toBe(true)
    expect(run(2, 24, QUERY)).toBe(true)
  })

  it('is taken as it is in a replay, where every task is complete', () => {
    expect(shown()(2, 24, SIGNAL, true)).toBe(true)
  })
})

it('a run that goes from task to task is never refused, nor what a task brings in two pieces', () => {
  const run = openRun()
  expect(run(1, 3, [{ initializeWorkflow: {} }])).toBe(true)
  expect(run(1, 3, ENDED)).toBe(true)
  expect(run(2, 10, ENDED)).toBe(true)
  expect(run(2, 10, QUERY)).toBe(true)
  expect(run(3, 15, SIGNAL)).toBe(true)
})
