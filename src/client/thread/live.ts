// The texts of a thread's turns while they arrive. One reader serves all turns a handle waits for, since they share one
// stream; what it told of a turn is compared with the answer at its end and corrected, so that the text is the answer's.
import { setTimeout as sleep } from 'node:timers/promises'
import { asking, EnsembleError } from '../errors.js'
import type { TextPiece } from '../live/assemble.js'
import { liveText } from '../live/live-text.js'
import { startStream } from '../live/poll.js'
import type { Server } from '../server.js'
import { existingThread, findThread } from './opening.js'

/** Pieces still on their way when the answer is known are waited for so long, then the answer corrects them. */
const REST_MS = 1000
const LOOK_MS = 25

export type Tell = (text: string, at: { turn: number; reset: boolean }) => void

export type Listening = {
  /** Tells what is missing of `text`; throws what the listener threw. */
  end(text: string): Promise<void>
  stop(): void
}

export type TurnTexts = {
  /** Before a message whose answer shall be heard from its first word: workers publish only where somebody listens. */
  open(): Promise<void>
  listen(turn: number, tell: Tell): Listening
}

type Reading = { turns: Map<number, Heard>; stop: AbortController; over: boolean }
type Heard = { text: string; listeners: Set<Listener> }
type Listener = { tell: Tell; failure?: { error: unknown } }

export function turnTexts(server: Server, id: string): TurnTexts {
  let reading: Reading | undefined
  let listening = 0

  return {
    async open() {
      if (reading && !reading.over) return
      // Without live text the answer comes whole, and what is wrong with the server the message finds out itself.
      await begin(server, id).catch((error: unknown) => {
        if (!(error instanceof EnsembleError)) throw error
      })
    },
    listen(turn, tell) {
      listening++
      reading ??= startReading(server, id)
      const at = reading
      const heard = heardOf(at, turn)
      const listener: Listener = { tell }
      heard.listeners.add(listener)
      if (heard.text !== '') say(listener, heard.text, { turn, reset: false })
      let stopped = false
      const stop = () => {
        if (stopped) return
        stopped = true
        heard.listeners.delete(listener)
        if (--listening > 0) return
        reading = undefined
        at.stop.abort()
      }
      return {
        stop,
        async end(text) {
          const until = Date.now() + REST_MS
          while (heard.text !== text && !at.over && Date.now() < until) await sleep(LOOK_MS)
          const missing = text.startsWith(heard.text) ? text.slice(heard.text.length) : undefined
          if (missing === undefined) say(listener, text, { turn, reset: true })
          else if (missing !== '') say(listener, missing, { turn, reset: false })
          stop()
          if (listener.failure) throw listener.failure.error
        },
      }
    },
  }
}

/** On the thread's own task queue, if it is there already. */
async function begin(server: Server, id: string): Promise<void> {
  const there = await asking({ server: server.address, run: id }, () => findThread(server, id))
  if (there?.options?.stream !== false) await startStream(server, id, there?.taskQueue ?? server.taskQueue)
}

function startReading(server: Server, id: string): Reading {
  const reading: Reading = { turns: new Map(), stop: new AbortController(), over: false }
  void read(server, id, reading)
    .catch((error: unknown) => {
      // Without live text the answers come whole.
      if (!(error instanceof EnsembleError)) throw error
    })
    .finally(() => {
      reading.over = true
    })
  return reading
}

async function read(server: Server, id: string, reading: Reading): Promise<void> {
  const { open, taskQueue, options } = await existingThread(server, id)
  if (options?.stream === false) return
  const { signal } = reading.stop
  const final = new Promise<never>(() => {}) // turns end, the thread goes on
  for await (const event of liveText(server, { of: id, taskQueue, open, final, signal })) {
    if (event.type === 'text') hear(reading, event)
  }
}

function hear(reading: Reading, { turn, text, reset: again }: TextPiece): void {
  const reset = again ?? false
  const heard = heardOf(reading, turn)
  heard.text = reset ? text : heard.text + text
  for (const listener of heard.listeners) say(listener, text, { turn, reset })
}

function heardOf({ turns }: Reading, turn: number): Heard {
  const heard = turns.get(turn) ?? { text: '', listeners: new Set() }
  turns.set(turn, heard)
  return heard
}

/** What a listener throws is its own caller's matter. */
function say(listener: Listener, text: string, at: { turn: number; reset: boolean }): void {
  try {
    listener.tell(text, at)
  } catch (error) {
    listener.failure ??= { error }
  }
}
