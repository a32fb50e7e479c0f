// Reads a run's stream on and on: begins it where it is not there yet, follows it as it continues as new, and waits for a
// server that is away. What it cannot decide, such as when to stop, is its caller's.

import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Polled, StreamItem } from '../../contracts/stream.js'
import { timeLimit } from '../../contracts/time-limit.js'
import { ConnectionError } from '../errors.js'
import { OUTAGE_MS } from '../events.js'
import type { Server } from '../server.js'
import { type Asked, pollStream, startStream } from './poll.js'

/** Between two questions: what comes meanwhile comes with one answer. */
const GAP_MS = 50
const AGAIN_MS = 500
const REST_MS = 2000 // a worker that is there answers far sooner

export type StreamPlace = {
  /** The run, or the thread, that publishes. */
  of: string
  taskQueue: string
  /** Whether it is open: of one that is over no stream is begun. */
  open: boolean
  /** The first offset to read; default the oldest kept. */
  since?: number
  signal: AbortSignal
  /** By which the stream knows how far this reader is. */
  reader: string
}

export type Batch =
  /** `base`: the oldest offset kept; `next`: the one behind this batch. */
  | { kind: 'read'; items: { offset: number; piece: StreamItem }[]; base: number; next: number; more: boolean }
  /** What came next is not kept any more: it goes on with the oldest that is. */
  | { kind: 'lost'; why: string }

/** Ends when the signal is aborted, and where there is no stream of a run that is over. Throws ConnectionError after a minute without the server. */
export async function* readStream(server: Server, place: StreamPlace): AsyncGenerator<Batch, void> {
  const { of, taskQueue, open, signal, reader } = place
  setMaxListeners(0, signal) // each question adds one, and so does each pause
  let from = place.since ?? 0
  let begun = !open
  let awaySince: number | undefined
  const ask = async (): Promise<Asked> => {
    try {
      if (!begun) await startStream(server, of, taskQueue)
      begun = true
      return await pollStream(server, of, { from, reader, wait: true, signal })
    } catch (error) {
      if (error instanceof ConnectionError) return { kind: 'away', error }
      throw error
    }
  }
  while (!signal.aborted) {
    const asked = await ask()
    if (asked.kind !== 'away') awaySince = undefined
    let pause = AGAIN_MS
    switch (asked.kind) {
      case 'stopped':
        return
      case 'polled': {
        const batch = await batchOf(asked.polled)
        from = batch.next
        yield batch
        pause = batch.more ? 0 : GAP_MS
        break
      }
      case 'gone':
        from = 0
        yield { kind: 'lost', why: asked.why }
        pause = 0
        break
      case 'absent':
        if (!open) return
        begun = false
        break
      case 'away':
        awaySince ??= Date.now()
        if (Date.now() - awaySince > OUTAGE_MS) throw asked.error
        break
      case 'again':
        pause = GAP_MS
        break
      case 'busy':
        break
    }
    if (pause > 0) await sleep(pause, undefined, { signal }).catch(() => undefined)
  }
}

/**
 * What there is by now, without waiting: of an answer that has ended it is all there will ever be. Ends early, after two
 * seconds, where nobody answers.
 */
export async function* restOfStream(
  server: Server,
  { of, since = 0, signal, reader }: Pick<StreamPlace, 'of' | 'since' | 'signal' | 'reader'>,
): AsyncGenerator<Batch, void> {
  const time = timeLimit(signal, REST_MS)
  try {
    for (let from = since; ; ) {
      const asked = await pollStream(server, of, { from, reader, wait: false, signal: time.signal })
      if (asked.kind === 'again') {
        await sleep(GAP_MS)
        continue
      }
      if (asked.kind !== 'polled') return
      const batch = await batchOf(asked.polled)
      yield batch
      if (!batch.more) return
      from = batch.next
    }
  } finally {
    time.end()
  }
}

async function batchOf({ items, next_offset: next, base, more_ready: more }: Polled): Promise<Read> {
  // It loads the SDK for workflows, which nobody else here needs.
  const { fromWire } = await import('./wire.js')
  const pieces = items.flatMap((item) => {
    const piece = fromWire(item)
    return piece ? [{ offset: item.offset, piece }] : []
  })
  return { kind: 'read', items: pieces, base, next, more }
}

type Read = Extract<Batch, { kind: 'read' }>
