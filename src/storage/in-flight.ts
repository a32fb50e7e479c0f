// The calls this process looks after. What could not be written when it was due (the disk full or away) is kept here
// and tried again at each renewal: meanwhile the attempt stays in flight, so a retry joins it and does not pay again.

export type InFlight = ReturnType<typeof inFlight>

export function inFlight() {
  const calls = new Map<string, AbortController>()
  const unwritten = new Map<string, () => Promise<unknown>>()

  const remove = (token: string) => {
    calls.delete(token)
    unwritten.delete(token)
  }
  const interrupt = (token: string) => calls.get(token)?.abort(new Error('a joiner of this call was interrupted'))

  return {
    has: (token: string) => calls.has(token),
    remove,
    interrupt,
    /** The signal aborts when somebody interrupts the call. */
    add(token: string): AbortSignal {
      const controller = new AbortController()
      calls.set(token, controller)
      return controller.signal
    },
    /** Runs `write`, after which the call is no longer in flight; where it rejects, it is run again later. */
    async settle<T>(token: string, write: () => Promise<T>): Promise<T> {
      unwritten.delete(token)
      try {
        const result = await write()
        remove(token)
        return result
      } catch (error) {
        unwritten.set(token, write)
        throw error
      }
    },
    async renewed(marks: string[]): Promise<void> {
      for (const token of marks) interrupt(token)
      for (const [token, write] of [...unwritten]) {
        const written = await write().then(
          () => true,
          () => false, // the caller got the error; the next renewal tries again
        )
        if (!written) return
        remove(token)
      }
    },
  }
}
