// The text of one attempt on its way out: gathered while it arrives, handed over in numbered pieces.
import { isFirstAttempt, type StreamItem } from '../../contracts/stream.js'

/** UTF-16 units of one piece; at most six bytes of JSON each, and base64 on top: 262 kB. */
const PIECE = 32 * 1024
/** More than this waits only while nothing can be sent: the rest is left to whoever reads the result. */
const MOST_WAITING = 4 * 1024 * 1024

export type AnswerId = Pick<StreamItem, 'agent' | 'turn' | 'attempt'>

export type LiveAnswer = {
  /** Something of it was taken already. */
  readonly started: boolean
  readonly ended: boolean
  add(text: string): void
  /** No more comes: a half character at the end goes too. */
  end(): void
  hasMore(): boolean
  /** The next piece; undefined when nothing is left to send. */
  take(): StreamItem | undefined
}

export function liveAnswer(id: AnswerId): LiveAnswer {
  let text = ''
  let seq = 0
  let at = 0
  let reset = id.attempt > 1
  let ended = false
  let cut = false
  /** Half of a surrogate pair waits for its other half. */
  const ready = () => (!ended && /[\uD800-\uDBFF]$/.test(text) ? text.length - 1 : text.length)
  // What an attempt before said is taken back at once; the words of a step before stay until there are new ones.
  const hasMore = () => ready() > 0 || (reset && !isFirstAttempt(id.attempt))
  return {
    get started() {
      return seq > 0
    },
    get ended() {
      return ended
    },
    add(more) {
      if (text.length + more.length > MOST_WAITING) cut = true
      if (!cut) text += more
    },
    end() {
      ended = true
    },
    hasMore,
    take() {
      if (!hasMore()) return undefined
      let to = Math.min(ready(), PIECE)
      if (to < text.length && /[\uD800-\uDBFF]/.test(text[to - 1] ?? '')) to--
      const item: StreamItem = {
        ...id,
        seq: seq++,
        at,
        text: text.slice(0, to),
        ...(reset && { reset: true as const }),
      }
      text = text.slice(to)
      at += to
      reset = false
      return item
    },
  }
}
