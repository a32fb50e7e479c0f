// The texts of a thread's turns while they arrive, for all who wait for one in this process: one reader of the thread's
// stream, only while somebody waits, that goes on where it stopped before.
import type { Text } from '../../contracts/refs.js'
import type { Server } from '../server.js'
import { assemble, type TextPiece } from './assemble.js'
import { storedText } from './live-text.js'
import { type Batch, readStream, restOfStream } from './read-stream.js'

/** UTF-16 units kept of turns nobody has asked for yet: an answer may be there before its number is. */
const MOST_HELD = 256 * 1024

/** With `reset`, forget what came of this turn before: it begins again with this text. */
export type OnTurnText = (text: string, at: { turn: number; reset: boolean }) => void

export type TurnTexts = {
  /**
   * Tells a turn's text as it arrives; resolves when exactly `final` was told. Rejects with what `final` rejects with,
   * what the listener throws, and ConnectionError; resolves early when the signal is aborted.
   */
  tell(turn: number, final: Promise<Text>, onText: OnTurnText, signal?: AbortSignal): Promise<void>
}

type Listener = { onText: OnTurnText; failed(error: unknown): void }

/** @param taskQueue the thread's */
export function turnTexts(server: Server, of: string, taskQueue: string): TurnTexts {
  const listeners = new Map<number, Listener>()
  const texts = assemble()
  let held: TextPiece[] = []
  /** Turns of which something was held and given up. */
  const cut = new Set<number>()
  let since: number | undefined
  let reading: AbortController | undefined

  function take(batch: Batch): void {
    if (batch.kind === 'lost') texts.lose()
    if (batch.kind !== 'read') return
    since = Math.max(since ?? 0, batch.next)
    for (const { piece } of batch.items) {
      const told = texts.take(piece)
      if (told) give(told)
    }
  }

  function give(piece: TextPiece): void {
    const listener = listeners.get(piece.turn)
    try {
      if (!listener) hold(piece)
      else listener.onText(piece.text, { turn: piece.turn, reset: piece.reset ?? false })
    } catch (error) {
      listener?.failed(error)
    }
  }

  function hold(piece: TextPiece): void {
    held.push(piece)
    for (let size = held.reduce((sum, { text }) => sum + text.length, 0); size > MOST_HELD; ) {
      const dropped = held.shift()
      if (dropped) cut.add(dropped.turn)
      size -= dropped?.text.length ?? 0
    }
  }

  async function read(signal: AbortSignal): Promise<void> {
    const place = { of, taskQueue, open: true, signal, ...(since !== undefined && { since }) }
    for await (const batch of readStream(server, place)) take(batch)
  }

  function begin(): void {
    if (reading) return
    const mine = new AbortController()
    reading = mine
    read(mine.signal).catch((error: unknown) => {
      if (reading === mine) reading = undefined
      for (const { failed } of listeners.values()) failed(error)
    })
  }

  /** Gives what was held of this turn, in its order. */
  function claim(turn: number, onText: OnTurnText): void {
    const mine = held.filter((piece) => piece.turn === turn)
    held = held.filter((piece) => piece.turn !== turn)
    if (!cut.has(turn)) for (const { text, reset = false } of mine) onText(text, { turn, reset })
  }

  return {
    async tell(turn, final, onText, signal = new AbortController().signal) {
      const failure = new Promise<never>((_, failed) => {
        listeners.set(turn, { onText, failed })
        signal.addEventListener('abort', () => failed(signal.reason), { once: true })
      })
      failure.catch(() => undefined) // may come when nobody waits any more
      try {
        claim(turn, onText)
        begin()
        const known = { item: '', turn, text: await Promise.race([final, failure]) }
        if (!texts.matches(known)) {
          for await (const batch of restOfStream(server, { of, signal, ...(since !== undefined && { since }) }))
            take(batch)
        }
        if (texts.matches(known) && !cut.has(turn)) return
        const whole = await storedText(server, known)
        if (whole === undefined) return
        const { text, reset = false } = texts.correct(known, whole)
        onText(text, { turn, reset: reset || cut.has(turn) })
      } catch (error) {
        if (!signal.aborted) throw error
      } finally {
        listeners.delete(turn)
        if (listeners.size === 0) {
          reading?.abort()
          reading = undefined
        }
      }
    },
  }
}
