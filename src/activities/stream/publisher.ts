// All texts of one run that arrive at this worker, sent on by one publisher: a signal carries what came within a window,
// one after the other, so that pieces keep their order and a burst costs no more than a trickle. Best effort: what cannot
// be sent for a minute is left out, and the reader heals it from the result.
import { randomUUID } from 'node:crypto'
import type { Publish } from '../../contracts/stream.js'
import type { AnswerId, LiveAnswer } from './live-answer.js'
import { liveAnswer } from './live-answer.js'
import { toWire } from './wire.js'

/** What one signal carries at most, of the 2 MiB a payload may have. */
const BATCH_BYTES = 1000 * 1000
const WINDOW_MS = 100
const RETRY_MS = 1000
const GIVE_UP_MS = 60_000
/** How long the end of an answer waits for its last pieces to be taken. */
const FLUSH_MS = 2000

export type Publisher = {
  answer(id: AnswerId): Publishing
  /** Nothing arrives and nothing waits. */
  idle(): boolean
}

export type Publishing = {
  add(text: string): void
  /** Resolves when all of it was taken, after 2 s at the latest; never rejects. */
  end(): Promise<void>
}

/**
 * @param send takes a batch to the stream; a batch sent again has the same number.
 * @param gapMs least time between two batches: what a worker may send is shared by its publishers.
 * @param warn told once when pieces are left out.
 */
export function openPublisher(
  send: (batch: Publish) => Promise<void>,
  gapMs: () => number,
  warn: (why: string) => void,
): Publisher {
  const id = randomUUID()
  const answers = new Set<LiveAnswer>()
  let open = 0
  let sequence = 0
  let timer: NodeJS.Timeout | undefined
  let dueAt = Number.POSITIVE_INFINITY
  let lastAt = 0
  let sending = false
  let waiters: { of: LiveAnswer; done: () => void }[] = []

  const waits = () => [...answers].some((answer) => answer.hasMore())

  function wake(wait: number): void {
    if (sending) return // looks again when that batch is through
    const at = Math.max(Date.now() + wait, lastAt + gapMs())
    if (at >= dueAt) return
    clearTimeout(timer)
    dueAt = at
    timer = setTimeout(flush, Math.max(0, at - Date.now()))
  }

  async function flush(): Promise<void> {
    dueAt = Number.POSITIVE_INFINITY
    sending = true
    lastAt = Date.now()
    const items = take()
    if (items.length > 0) await sent({ items, publisher_id: id, sequence: ++sequence })
    sending = false
    const through = waiters.filter(({ of }) => !of.hasMore())
    waiters = waiters.filter((waiter) => !through.includes(waiter))
    for (const { done } of through) done()
    if (waits()) wake(waiters.length > 0 ? 0 : Math.max(0, lastAt + WINDOW_MS - Date.now()))
  }

  /** In turn, so that one long answer does not hold up the others. */
  function take(): Publish['items'] {
    const items: Publish['items'] = []
    let bytes = 0
    for (let took = true; took && bytes < BATCH_BYTES / 2; ) {
      took = false
      for (const answer of answers) {
        const piece = bytes < BATCH_BYTES / 2 ? answer.take() : undefined
        if (!piece) continue
        const item = toWire(piece)
        items.push(item)
        bytes += item.data.length
        took = true
      }
    }
    for (const answer of answers) if (answer.ended && !answer.hasMore()) answers.delete(answer)
    return items
  }

  async function sent(batch: Publish): Promise<void> {
    for (const began = Date.now(); ; ) {
      try {
        return await send(batch)
      } catch (error) {
        // Whatever it is, text is never worth a call: try for a while, then leave it to the result.
        if (Date.now() - began > GIVE_UP_MS) return warn(String(error))
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref())
      }
    }
  }

  return {
    idle: () => open === 0 && answers.size === 0 && !sending,
    answer(of) {
      const answer = liveAnswer(of)
      answers.add(answer)
      open++
      if (answer.hasMore()) wake(0)
      let ending: Promise<void> | undefined
      return {
        add(text) {
          // A reader sees the first word at once; from then on a window's worth at a time.
          const first = !answer.started
          answer.add(text)
          if (answer.hasMore()) wake(first ? 0 : WINDOW_MS)
        },
        end() {
          ending ??= (async () => {
            open--
            answer.end()
            if (!answer.hasMore() && !sending) {
              answers.delete(answer)
              return
            }
            await new Promise<void>((resolve) => {
              const late = setTimeout(resolve, FLUSH_MS)
              const done = () => {
                clearTimeout(late)
                resolve()
              }
              waiters.push({ of: answer, done })
              wake(0)
            })
          })()
          return ending
        },
      }
    },
  }
}
