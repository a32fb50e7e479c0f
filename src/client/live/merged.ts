// Several sources of events as one, each in its own order; a source goes on when what it gave was taken, so a slow
// reader slows the sources instead of filling memory.

export type Merged<T> = {
  events: AsyncGenerator<T, void>
  /** Adds a source; resolves when all of it was taken. */
  add(source: AsyncIterable<T>): Promise<void>
}

/** Ends when all sources have ended; throws what the first of them throws. */
export function merge<T>(): Merged<T> {
  const queue: { value: T; taken: () => void }[] = []
  let open = 0
  let failure: { error: unknown } | undefined
  let wake = () => {}
  async function add(source: AsyncIterable<T>): Promise<void> {
    open++
    try {
      for await (const value of source) {
        await new Promise<void>((taken) => {
          queue.push({ value, taken })
          wake()
        })
      }
    } catch (error) {
      failure ??= { error }
    } finally {
      open--
      wake()
    }
  }
  async function* events(): AsyncGenerator<T, void> {
    for (;;) {
      const next = queue.shift()
      if (next) {
        yield next.value
        next.taken()
        continue
      }
      if (failure) throw failure.error
      if (open === 0) return
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  return { events: events(), add }
}
