// The texts of a run while they arrive, and at its end exactly those of its result: what the stream lost on the way (a
// worker that died, a stream that was cut short) is corrected from there.
import { randomUUID } from 'node:crypto'
import { over, streamIdOf } from '../../contracts/stream.js'
import { StorageError } from '../../storage/store.js'
import type { TextCounts } from '../run-event.js'
import type { Server } from '../server.js'
import { wholeText } from '../texts.js'
import { type Assembled, assemble, type Final, type TextPiece } from './assemble.js'
import { endingOf } from './ending.js'
import { type Batch, readStream, restOfStream, type StreamPlace } from './read-stream.js'

export type LiveText = Omit<StreamPlace, 'since' | 'reader'> & {
  /** Of an earlier process: goes on behind what it was told last. */
  cursor?: number
  /** How the answers ended: reading ends when all of that was told. Its rejection is thrown. */
  final: Promise<Final[]>
}

export type LiveEvent =
  | ({ type: 'text'; cursor?: number } & TextPiece)
  | { type: 'warning'; message: string }
  /** The last one: how it went. */
  | { type: 'settled'; counts: TextCounts }

/** Throws ConnectionError after a minute without the server; ends without `settled` when the signal is aborted. */
export async function* liveText(server: Server, live: LiveText): AsyncGenerator<LiveEvent, void> {
  const stop = new AbortController()
  const signal = AbortSignal.any([live.signal, stop.signal])
  const reader = randomUUID()
  const batches = readStream(server, { ...live, signal, reader })
  const ending = endingOf(live.final)
  const told = telling(live.cursor)
  try {
    let reading: Promise<IteratorResult<Batch, void>> | undefined
    let since = 0
    while (!ending.known()) {
      reading ??= batches.next()
      const next = await ending.unlessIn(reading)
      if (!next) continue
      reading = undefined
      if (next.done && live.signal.aborted) return
      if (next.done) await ending.reached
      else {
        if (next.value.kind === 'read') since = next.value.next
        yield* told.tell(next.value)
      }
    }
    stop.abort()
    const finals = ending.known() ?? []
    const all = () => finals.every((final) => told.texts().matches(final))
    if (!all()) for await (const batch of restOfStream(server, { ...live, since, reader })) yield* told.tell(batch)
    void sayOver(server, live.of, reader)
    yield* settled(server, told.texts(), finals)
  } catch (error) {
    if (!live.signal.aborted) throw error
  } finally {
    stop.abort()
  }
}

/** What of a batch is told to somebody who had everything before `cursor`. */
function telling(cursor: number | undefined) {
  let texts = assemble(cursor === undefined ? 'nothing' : 'before')
  // Read from the oldest kept all the same: what is known of an answer's beginning can be checked at its end.
  let placed = cursor === undefined
  let from = cursor ?? 0
  function* tell(batch: Batch): Generator<LiveEvent> {
    if (batch.kind === 'lost') {
      texts.lose()
      const message = `live text was lost (${batch.why}): answers in progress come whole at the end`
      yield { type: 'warning', message }
    }
    if (batch.kind !== 'read') return
    const { items, base, next, more } = batch
    if (!placed && (from < base || (!more && from > next))) {
      const message = `live text: offset ${from} is gone, there is ${base} to ${next}: answers begin anew`
      yield { type: 'warning', message }
      texts = assemble('something')
      from = 0
    }
    placed = true
    for (const { offset, piece } of items) {
      const text = texts.take(piece)
      if (text && offset >= from) yield { type: 'text', ...text, cursor: offset + 1 }
    }
  }
  return { tell, texts: (): Assembled => texts }
}

/** Texts of answers that were not read while they arrived. */
export async function* wholeTexts(
  server: Server,
  finals: Final[],
): AsyncGenerator<Exclude<LiveEvent, { type: 'settled' }>, void> {
  for await (const event of settled(server, assemble(), finals)) if (event.type !== 'settled') yield event
}

async function* settled(server: Server, texts: Assembled, finals: Final[]): AsyncGenerator<LiveEvent, void> {
  for (const final of finals) {
    if (texts.matches(final)) {
      texts.right(final)
      continue
    }
    const text = await storedText(server, final)
    // With its whole at hand the end of a text can be checked whose beginning an earlier process read.
    if (text !== undefined && texts.matches({ ...final, text })) texts.right(final)
    else if (text !== undefined) yield { type: 'text', ...texts.correct(final, text) }
    else {
      const why = "this machine's store does not have its text"
      yield { type: 'warning', message: `live text of ${final.item || `turn ${final.turn}`} may be incomplete: ${why}` }
    }
  }
  yield { type: 'settled', counts: texts.counts }
}

/** undefined where this machine does not have it. */
async function storedText({ store }: Server, { text }: Final): Promise<string | undefined> {
  try {
    return await wholeText(store, text)
  } catch (error) {
    if (error instanceof StorageError) return undefined
    throw error
  }
}

/** Every reader that has all says so; without it the stream ends by itself some minutes later. */
async function sayOver({ client }: Server, run: string, reader: string): Promise<void> {
  await client.workflow
    .getHandle(streamIdOf(run))
    .signal(over, { reader })
    .catch(() => undefined)
}
