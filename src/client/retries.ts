// The SDK repeats a failed request after a pause, and a pause that outlives its connection ends the process with
// "Channel has been shut down". So a connection that is closed decides on no further repeat and waits for the last one.
import { setTimeout as sleep } from 'node:timers/promises'
import { type ConnectionOptions, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client'
import { AHEAD } from '../contracts/failures.js'

/** Of a query that finds its run ahead of its history; it begins again at once. */
const MOST = 5

export type Retries = {
  interceptors: NonNullable<ConnectionOptions['interceptors']>
  /** No repeat starts after this resolves (at most 6 s). */
  end(): Promise<void>
}

export function retries(): Retries {
  const { delayFunction, retryableDecider } = defaultGrpcRetryOptions()
  let ended = false
  let lastRepeat = 0
  const interceptor = makeGrpcRetryInterceptor({
    retryableDecider: (attempt, status) =>
      !ended && (retryableDecider(attempt, status) || (attempt < MOST && status.details.includes(AHEAD))),
    delayFunction(attempt, status) {
      const delay = delayFunction(attempt, status)
      lastRepeat = Math.max(lastRepeat, Date.now() + delay)
      return delay
    },
  })
  return {
    interceptors: [interceptor],
    async end() {
      ended = true
      const pause = lastRepeat - Date.now()
      // A timer may fire a little late: the repeat must have begun before its channel goes.
      if (pause > 0) await sleep(pause + 50)
    },
  }
}
