// What happens in a run, as it happens, for whoever watches: made by asking a few times a second and telling what is
// new, so it needs nothing from the run, works for a run started by anyone, and a watcher may come and go.
import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CallProgress } from '../contracts/call.js'
import type { StatusReport } from '../contracts/messages.js'
import type { RunResult } from '../contracts/outcome.js'
import { changes, newLines, type Seen } from './changes.js'
import { ConnectionError, InvalidInputError, NoResultError, NoWorkerError } from './errors.js'
import { awaitResult } from './result.js'
import type { RunEvent } from './run-event.js'
import type { Server } from './server.js'
import { askStatus, callsInFlight, reportOf } from './snapshot.js'

const FASTEST_MS = 250 // fast enough for a live view
const SLOWEST_MS = 2000 // when nothing changes
const SLOWER = 1.3 // for each quiet look: 8 s of quiet until the slowest pace
export const SILENCE_MS = 3000 // a worker that is there answers far sooner
export const OUTAGE_MS = 60_000 // a server that restarts is back by then

type Ended = { result: RunResult } | { error: unknown }
/** What else there is to tell once the end is known; without a result there is none. */
export type BeforeEnd = (result: RunResult | undefined) => AsyncGenerator<RunEvent>
async function* nothing(): AsyncGenerator<RunEvent> {}
type Look = { report: StatusReport; calls: Map<string, CallProgress> } | { silent: string }

/**
 * Ends after `end`, or without it when `signal` is aborted. Throws RunNotFoundError; ConnectionError after a minute
 * without the server.
 */
export async function* runEvents(
  server: Server,
  id: string,
  signal?: AbortSignal,
  beforeEnd: BeforeEnd = nothing,
): AsyncGenerator<RunEvent> {
  const stop = new AbortController()
  const stopped = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
  setMaxListeners(0, stopped) // the SDK adds one for each of its polls, a minute apart
  const contact = { at: Date.now() }
  const ended = theEnd(server, id, stopped, contact)
  const seen: Seen = { items: new Map(), approvals: new Set(), tools: new Map(), refused: new Set() }
  let interval = FASTEST_MS
  let warned = false
  try {
    while (!stopped.aborted) {
      const began = Date.now()
      const looking = look(server, id)
      const first = await within<Ended | Look>(SILENCE_MS, [ended, looking])
      if (first === undefined && !warned) {
        warned = true
        yield { type: 'warning', message: silence(server, 'the run waits') }
      }
      const got = first ?? (await Promise.race([ended, looking]))
      const took = Date.now() - began // before the reader, who may take minutes over an event
      if ('result' in got || 'error' in got) {
        if (!stopped.aborted) yield* lastLines(server, id, seen)
        return yield* ending(got, seen, stopped, beforeEnd)
      }
      if ('silent' in got) {
        if (!warned) yield { type: 'warning', message: got.silent }
        warned = true
      } else {
        warned = false
        contact.at = Date.now()
        const news = [...changes(got.report, got.calls, seen)]
        yield* news
        interval = news.length > 0 ? FASTEST_MS : Math.min(SLOWEST_MS, interval * SLOWER)
      }
      // A large run's report takes its time: at most a fifth of ours goes into asking.
      await within(Math.max(interval, 4 * took), [ended])
    }
  } catch (error) {
    if (!stopped.aborted) throw error
  } finally {
    stop.abort()
  }
}

/** The first of them, or undefined after `ms`; leaves no timer behind. An abort ends `ended`, so it ends this. */
async function within<T>(ms: number, promises: Promise<T>[]): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined)
  })
  try {
    return await Promise.race([...promises, late])
  } finally {
    clearTimeout(timer)
  }
}

/** What a person who waits is told. `waits`: "the run waits". */
export function silence(server: Server, waits: string): string {
  return (
    `no worker on task queue "${server.taskQueue}" has answered for ${SILENCE_MS / 1000} s: ` +
    `${waits} until one is up (\`ensemble up\`, or \`ensemble worker\`)`
  )
}

async function look(server: Server, id: string): Promise<Look> {
  try {
    const report = await askStatus(server, id)
    const running = report.items.some((item) => item.status === 'running')
    return { report, calls: running ? await callsInFlight(server, id) : new Map() }
  } catch (error) {
    if (error instanceof NoWorkerError || error instanceof ConnectionError) return { silent: error.message }
    throw error
  }
}

/** Resolves at the end of the run; a server that is away for less than a minute is waited for. */
async function theEnd(server: Server, id: string, signal: AbortSignal, contact: { at: number }): Promise<Ended> {
  let lost = 0
  for (;;) {
    try {
      return { result: await awaitResult(server, id, signal) }
    } catch (error) {
      if (signal.aborted || !(error instanceof ConnectionError)) return { error }
      if (lost <= contact.at) lost = Date.now()
      if (Date.now() - lost > OUTAGE_MS) return { error }
      await sleep(1000)
    }
  }
}

/** What was told between the last look and the end: a run that is over can still be asked, while a worker is there. */
async function* lastLines(server: Server, id: string, seen: Seen): AsyncGenerator<RunEvent> {
  if (seen.workflow !== 'code') return
  const last = await within(SILENCE_MS, [look(server, id)])
  if (last !== undefined && 'report' in last) yield* newLines(last.report, seen)
}

async function* ending(ended: Ended, seen: Seen, signal: AbortSignal, beforeEnd: BeforeEnd): AsyncGenerator<RunEvent> {
  if ('result' in ended) {
    yield* beforeEnd(ended.result)
    yield* changes(reportOf('', ended.result), new Map(), seen)
    yield { type: 'end', status: ended.result.status }
    return
  }
  if (signal.aborted) return
  yield* beforeEnd(undefined)
  const { error } = ended
  if (error instanceof NoResultError) yield { type: 'end', status: error.reason, message: error.message }
  else if (error instanceof InvalidInputError) {
    yield { type: 'end', status: 'failed', message: error.message }
  } else throw error
}
