// A signal with an end. Not AbortSignal.timeout within AbortSignal.any: Node 20 may collect the first while only the
// second knows it, and what waits for it then waits for ever.

/** `isOver`: the time is, whatever else has stopped it. `end`: it is not needed any more. */
export type TimeLimit = { signal: AbortSignal; isOver(): boolean; end(): void }

/** Aborted when `signal` is, with its reason, or after `ms` milliseconds with a TimeoutError. */
export function timeLimit(signal: AbortSignal, ms: number): TimeLimit {
  const limit = new AbortController()
  let over = false
  const stop = () => limit.abort(signal.reason)
  const timer = setTimeout(() => {
    over = !limit.signal.aborted
    limit.abort(new DOMException('the time is over', 'TimeoutError'))
  }, ms)
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  return {
    signal: limit.signal,
    isOver: () => over,
    end() {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
    },
  }
}
