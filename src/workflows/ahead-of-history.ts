// A query may show a run ahead of its history: what has happened since its last task is applied to answer it, and the
// worker keeps the run in that state. What comes then is applied after it, but in a replay together with it, signals
// first: another order, other commands, and a run that fails for ever. So such a run begins again, in the order that
// holds. The server repeats the task at once, a query is asked again by our clients.
import type { WorkflowInterceptors } from '@temporalio/workflow'
import { AHEAD } from '../contracts/failures.js'

/**
 * At most, while nothing was committed: the task timed out with a worker that died, another was scheduled and started. One
 * that timed out twice is not told from one that was completed, which takes at least four.
 */
const UNCOMMITTED_EVENTS = 3

type Activation = Parameters<
  NonNullable<NonNullable<WorkflowInterceptors['internals']>[number]['activate']>
>[0]['activation']

/** For each run by itself; the name is the SDK's. */
export function interceptors(): WorkflowInterceptors {
  let before = { time: '', events: 0, ahead: false }
  return {
    internals: [
      {
        activate(input, next) {
          const { activation } = input
          const { jobs, isReplaying, historyLength } = activation
          if (jobs?.every(({ queryWorkflow }) => queryWorkflow)) return next(input)
          const time = `${activation.timestamp?.seconds}.${activation.timestamp?.nanos}`
          const events = historyLength ?? 0
          // A task has a time of its own and begins with its last event. In a replay every task is complete.
          const ahead = !isReplaying && time === before.time && events > before.events
          const committed = !ahead && events - before.events - eventsOf(activation) > UNCOMMITTED_EVENTS
          if (before.ahead && !isReplaying && !committed) throw new Error(AHEAD)
          before = { time, events, ahead }
          next(input)
        },
      },
    ],
  }
}

/** Of what the jobs tell. A task that was completed meanwhile is more: start, completion, commands, the next one's start. */
function eventsOf({ jobs }: Activation): number {
  return (jobs ?? []).reduce((sum, { resolveActivity, doUpdate }) => sum + (resolveActivity ? 2 : doUpdate ? 0 : 1), 0)
}
