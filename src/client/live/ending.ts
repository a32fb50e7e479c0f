// An end that will come some time, looked at again and again without adding to what waits for it each time.

export type Ending<T> = {
  /** Throws what kept it from being known. */
  known(): T | undefined
  /** What `promise` came to; undefined when the end became known first. */
  unlessIn<P>(promise: Promise<P>): Promise<P | undefined>
  /** Never rejects. */
  reached: Promise<void>
}

export function endingOf<T>(end: Promise<T>): Ending<T> {
  let state: { value: T } | { error: unknown } | undefined
  let wake = () => {}
  const reached = end.then(
    (value) => {
      state = { value }
      wake()
    },
    (error: unknown) => {
      state = { error }
      wake()
    },
  )
  return {
    reached,
    known() {
      if (!state) return undefined
      if ('error' in state) throw state.error
      return state.value
    },
    unlessIn: (promise) =>
      new Promise((resolve, reject) => {
        if (state) return resolve(undefined)
        wake = () => resolve(undefined)
        promise.then(resolve, reject)
      }),
  }
}
