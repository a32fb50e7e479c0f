// A disk flush costs the same for one change as for a hundred. Whoever asks while a flush runs shares the next one, so
// a hundred concurrent calls wait for two flushes and not for a hundred.

/**
 * Returns a function that hands `item` to a run of `work` which starts after the call. At most one run per key is under
 * way; items that arrive meanwhile go together into the next. Rejects if the run that had the item did.
 */
export function batched<T>(work: (key: string, items: T[]) => Promise<void>): (key: string, item: T) => Promise<void> {
  const last = new Map<string, Promise<void>>()
  const waiting = new Map<string, { items: T[]; done: Promise<void> }>()

  return (key, item) => {
    const queued = waiting.get(key)
    if (queued) {
      queued.items.push(item)
      return queued.done
    }
    const items = [item]
    const start = async () => {
      waiting.delete(key)
      try {
        await work(key, items)
      } finally {
        if (last.get(key) === done) last.delete(key)
      }
    }
    const done = (last.get(key) ?? Promise.resolve()).then(start, start)
    last.set(key, done)
    waiting.set(key, { items, done })
    return done
  }
}
