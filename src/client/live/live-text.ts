// The texts of a run while they arrive, and at its end exactly those of its result: what the stream lost on the way (a
// worker that died, a stream that was cut short) is corrected from there. Goes on by itself after its own connection was
// lost, the worker's death and the server's return.
import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { isTextRef } from '../../contracts/refs.js'
import { over, streamIdOf } from '../../contracts/stream.js'
import { StorageError } from '../../storage/store.js'
import { ConnectionError } from '../errors.js'
import type { TextCounts } from '../run-event.js'
import type { Server } from '../server.js'
import { wholeText } from '../texts.js'
import { type Assembled, assemble, type Final, type TextPiece } from './assemble.js'
import { type Asked, pollStream, startStream } from './poll.js'
import { fromWire } from './wire.js'

/** Between two questions: what comes meanwhile comes with one answer. */
const GAP_MS = 50
const OUTAGE_MS = 60_000 // a server that restarts is back by then
/** After the end: how long pieces on their way are waited for before the result corrects them. */
const REST_MS = 2000

export type LiveText = {
  /** The run, or the thread, that publishes. */
  of: string
  taskQueue: string
  /** Whether it is open: of one that is over no stream is begun. */
  open: boolean
  /** Of an earlier process: goes on behind what it was told last. */
  cursor?: number
  /** How the answers ended: reading ends when all of that was told. Its rejection is thrown. */
  final: Promise<Final[]>
  /** Nothing more is published after that: the stream may end. */
  last: boolean
  signal: AbortSignal
}

export type LiveEvent =
  | ({ type: 'text'; cursor?: number } & TextPiece)
  | { type: 'warning'; message: string }
  /** The last one: how it went. */
  | { type: 'settled'; counts: TextCounts }

/** Throws ConnectionError after a minute without the server; ends without `settled` when the signal is aborted. */
export async function* liveText(server: Server, live: LiveText): AsyncGenerator<LiveEvent> {
  const { of, taskQueue, cursor, signal } = live
  const stop = new AbortController()
  const stopped = AbortSignal.any([signal, stop.signal])
  setMaxListeners(0, stopped) // each question adds one, and so does each pause
  const reader = randomUUID()
  const end = endOf(live.final)
  let texts = assemble(cursor === undefined ? 'nothing' : 'before')
  let from = 0
  let tellFrom = cursor
  let lostAt: number | undefined
  let restUntil = Number.POSITIVE_INFINITY
  let absent = live.open
  let placed = false
  let polling: Promise<Asked> | undefined
  try {
    for (;;) {
      const finals = end.known()
      if (finals) {
        if (restUntil === Number.POSITIVE_INFINITY && live.last) void sayOver(server, of)
        restUntil = Math.min(restUntil, Date.now() + REST_MS)
        if (Date.now() >= restUntil || finals.every((final) => texts.matches(final))) break
      }
      polling ??= (async () => {
        if (absent) await startStream(server, of, taskQueue)
        absent = false
        return pollStream(server, of, { from, reader, signal: stopped })
      })().catch(connectionLost)
      const asked = await end.unlessIn(polling, finals ? restUntil - Date.now() : undefined)
      if (!asked) continue
      polling = undefined
      switch (asked.kind) {
        case 'stopped':
          return
        case 'absent':
          if (finals || !live.open) restUntil = 0
          absent = true
          break
        case 'gone':
          // Behind: what is kept goes on from there, and what was lost is told whole at the end.
          texts.lose()
          from = 0
          yield {
            type: 'warning',
            message: `live text was lost: ${asked.why}; answers in progress come whole at the end`,
          }
          break
        case 'away':
          lostAt ??= Date.now()
          if (Date.now() - lostAt > OUTAGE_MS) throw asked.error
          break
        case 'polled': {
          lostAt = undefined
          const { items, next_offset, base, more_ready } = asked.polled
          if (!placed && tellFrom !== undefined && (tellFrom < base || (!more_ready && tellFrom > next_offset))) {
            const has = `this stream has ${base} to ${next_offset}`
            yield { type: 'warning', message: `live text: offset ${tellFrom} is gone, ${has}; answers begin anew` }
            texts = assemble('something')
            tellFrom = undefined
          }
          placed = true
          from = next_offset
          for (const item of items) {
            const piece = fromWire(item)
            const told = piece && texts.take(piece)
            if (told && item.offset >= (tellFrom ?? 0)) yield { type: 'text', ...told, cursor: item.offset + 1 }
          }
          if (finals && asked.polled.over && !more_ready) restUntil = 0
          if (more_ready) continue
        }
      }
      await sleep(asked.kind === 'polled' ? GAP_MS : 10 * GAP_MS, undefined, { signal: stopped }).catch(() => {})
    }
    yield* settled(server, texts, end.known() ?? [])
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    stop.abort()
  }
}

/** Texts of answers that were not read while they arrived. */
export async function* wholeTexts(server: Server, finals: Final[]) {
  for await (const event of settled(server, assemble(), finals)) if (event.type !== 'settled') yield event
}

async function* settled(server: Server, texts: Assembled, finals: Final[]): AsyncGenerator<LiveEvent> {
  for (const final of finals) {
    if (texts.matches(final)) {
      texts.right(final)
      continue
    }
    const text = await textOf(server, final)
    if (text !== undefined) yield { type: 'text', ...texts.correct(final, text) }
    else {
      const why = "this machine's store does not have its text"
      yield { type: 'warning', message: `live text of ${final.item || `turn ${final.turn}`} may be incomplete: ${why}` }
    }
  }
  yield { type: 'settled', counts: texts.counts }
}

async function textOf({ store }: Server, final: Final): Promise<string | undefined> {
  if (!isTextRef(final.text)) return final.text
  try {
    return await wholeText(store, final.text)
  } catch (error) {
    if (error instanceof StorageError) return undefined
    throw error
  }
}

/** Every reader may say so; without it the stream ends by itself some minutes later. */
async function sayOver({ client }: Server, run: string): Promise<void> {
  await client.workflow
    .getHandle(streamIdOf(run))
    .signal(over)
    .catch(() => undefined)
}

function connectionLost(error: unknown): Asked {
  if (error instanceof ConnectionError) return { kind: 'away', error }
  throw error
}

/** The end, looked at without adding to what waits for it each time. */
function endOf(final: Promise<Final[]>) {
  let finals: Final[] | undefined
  let failure: { error: unknown } | undefined
  let wake = () => {}
  final.then(
    (known) => {
      finals = known
      wake()
    },
    (error: unknown) => {
      failure = { error }
      wake()
    },
  )
  return {
    /** Throws what kept it from being known. */
    known(): Final[] | undefined {
      if (failure) throw failure.error
      return finals
    },
    /** What `promise` came to, or undefined when the end became known before, or after so many milliseconds. */
    async unlessIn<T>(promise: Promise<T>, ms: number | undefined): Promise<T | undefined> {
      let timer: NodeJS.Timeout | undefined
      try {
        return await new Promise<T | undefined>((resolve, reject) => {
          wake = () => resolve(undefined)
          promise.then(resolve, reject)
          if (ms !== undefined) timer = setTimeout(resolve, Math.max(0, ms), undefined)
        })
      } finally {
        clearTimeout(timer)
      }
    },
  }
}
