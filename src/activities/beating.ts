// Long work that tells nobody how far it is still says that it lives: a worker that dies with it is noticed in seconds,
// not when its time is over, which is minutes for a large repository.
import { Context } from '@temporalio/activity'

/** Several within a heartbeat time-out of 15 s, also when one waits for a busy thread. */
const EVERY_MS = 3_000

/** @returns the activity, with heartbeats while it runs. */
export function beating<A extends unknown[], R>(activity: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
  return async (...args) => {
    const context = Context.current()
    const timer = setInterval(() => context.heartbeat(), EVERY_MS)
    try {
      return await activity(...args)
    } finally {
      clearInterval(timer)
    }
  }
}
