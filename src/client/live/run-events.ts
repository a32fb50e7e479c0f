// The events of a run with its texts among them. A run that was started without `stream` costs its readers nothing more;
// asked for all the same, its texts come whole at the end.
import type { RunResult } from '../../contracts/outcome.js'
import { ConnectionError, InvalidInputError } from '../errors.js'
import { runEvents } from '../events.js'
import { type RunFacts, runFacts } from '../facts.js'
import type { RunEvent, TextCounts } from '../run-event.js'
import type { Server } from '../server.js'
import type { Final } from './assemble.js'
import { finalsOf } from './finals.js'
import { type LiveText, liveText, wholeTexts } from './live-text.js'
import { merge } from './merged.js'

/** `text`: default where the run was started with `stream`. `cursor`: of the last text event an earlier process had. */
export type EventOptions = { signal?: AbortSignal; text?: boolean; cursor?: number }

export async function* eventsOf(
  server: Server,
  id: string,
  options: EventOptions = {},
): AsyncGenerator<RunEvent, void> {
  const { text, cursor } = options
  if (cursor !== undefined && !(Number.isSafeInteger(cursor) && cursor >= 0))
    throw new InvalidInputError(`cursor: got ${String(cursor)}; wanted that of a text event`)
  if (text === false) return yield* runEvents(server, id, options.signal)
  const stop = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal
  const { open, stream, taskQueue } = await factsOf(server, id)
  const merged = merge<RunEvent>()
  let counts: TextCounts | undefined
  let ended: (finals: Final[]) => void = () => {}
  let reading: Promise<void> | undefined
  const read = () => {
    const final = new Promise<Final[]>((resolve) => {
      ended = resolve
    })
    const live = { of: id, taskQueue, open, final, signal, ...(cursor !== undefined && { cursor }) }
    reading = merged.add(texts(live))
  }
  async function* texts(live: LiveText): AsyncGenerator<RunEvent> {
    for await (const event of liveText(server, live)) {
      if (event.type === 'settled') counts = event.counts
      else yield event
    }
  }
  async function* told(): AsyncGenerator<RunEvent> {
    for await (const event of runEvents(server, id, signal, restOfTexts)) {
      // Whoever started the run by hand left no note of it.
      if (event.type === 'status' && event.report.stream && !reading) read()
      yield event.type === 'end' && counts ? { ...event, texts: counts } : event
    }
  }
  async function* restOfTexts(result: RunResult | undefined): AsyncGenerator<RunEvent> {
    const finals = result ? finalsOf(result) : []
    ended(finals)
    if (!reading && text) yield* wholeTexts(server, finals)
    await reading
  }
  if (stream) read()
  void merged.add(told())
  try {
    yield* merged.events
  } finally {
    stop.abort()
  }
}

/** A server that is away right now may be back in a moment: the run itself says then whether it streams. */
async function factsOf(server: Server, id: string): Promise<Pick<RunFacts, 'open' | 'stream' | 'taskQueue'>> {
  try {
    return await runFacts(server, id)
  } catch (error) {
    if (error instanceof ConnectionError) return { open: true, stream: false, taskQueue: server.taskQueue }
    throw error
  }
}
