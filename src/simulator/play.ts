// Sends a plan over a connection: each write at its time, with back pressure, until the end, the fault, or the moment
// the client is gone. Everything it waits for ends with the connection, so an aborted request leaves no timer behind.

import type { ServerResponse } from 'node:http'
import type { Plan } from './faults.js'
import { sse } from './frames.js'

export type Played = 'complete' | 'gone'

/** The largest single write; a 60 MB answer must not stop the others. */
const CHUNK = 256 * 1024
const PING_MS = 1000

/** @param wrote told of every write, with its bytes, before it is sent */
export async function play(response: ServerResponse, plan: Plan, wrote: (bytes: number) => void): Promise<Played> {
  const started = performance.now()
  for (const { at, bytes } of writesOf(plan)) {
    // A timer may fire a millisecond early; an answer must not.
    for (let wait = 1; wait > 0; ) {
      wait = Math.ceil(started + at - performance.now())
      if (wait > 0 && !(await pause(response, wait))) return 'gone'
    }
    for (let from = 0; from < bytes.length; from += CHUNK) {
      if (response.destroyed) return 'gone'
      const chunk = bytes.subarray(from, from + CHUNK)
      wrote(chunk.length)
      if (!response.write(chunk) && !(await drained(response))) return 'gone'
    }
  }
  return finish(response, plan)
}

async function finish(response: ServerResponse, { ending }: Plan): Promise<Played> {
  if (ending.kind === 'stall') {
    response.flushHeaders()
    if (!(await stall(response, ending))) return 'gone'
    response.destroy()
    return 'complete'
  }
  if (ending.kind === 'destroy') {
    await flushed(response)
    response.destroy()
    return 'complete'
  }
  if (response.destroyed) return 'gone'
  response.end()
  return 'complete'
}

/** Frames of one moment together, and no byte after the cut. */
function writesOf({ frames, cutAt = Number.POSITIVE_INFINITY }: Plan): { at: number; bytes: Buffer }[] {
  const groups: { at: number; texts: string[] }[] = []
  for (const { at, text } of frames) {
    const last = groups.at(-1)
    if (last?.at === at) last.texts.push(text)
    else groups.push({ at, texts: [text] })
  }
  let left = cutAt
  return groups.flatMap(({ at, texts }) => {
    const bytes = Buffer.from(texts.join(''))
    const kept = bytes.subarray(0, Math.min(bytes.length, left))
    left -= kept.length
    return kept.length > 0 ? [{ at, bytes: kept }] : []
  })
}

/** Resolves true after so long, false as soon as the connection is closed. */
function pause(response: ServerResponse, ms: number): Promise<boolean> {
  return until(response, (done) => {
    const timer = setTimeout(done, ms)
    return () => clearTimeout(timer)
  })
}

const drained = (response: ServerResponse) =>
  until(response, (done) => {
    response.once('drain', done)
    return () => response.off('drain', done)
  })

function stall(response: ServerResponse, { ms, pings }: { ms?: number; pings: boolean }): Promise<boolean> {
  return until(response, (done) => {
    const end = ms === undefined ? undefined : setTimeout(done, ms)
    const ping = pings ? setInterval(() => response.write(sse({ type: 'ping' })), PING_MS) : undefined
    return () => {
      clearTimeout(end)
      clearInterval(ping)
    }
  })
}

/** What was written must leave the process before the connection is broken, or the cut would come earlier than asked. */
async function flushed(response: ServerResponse): Promise<void> {
  response.flushHeaders()
  await until(response, (done) => {
    response.write('', () => setImmediate(done))
    return () => {}
  })
}

function until(response: ServerResponse, start: (done: () => void) => () => void): Promise<boolean> {
  if (response.destroyed) return Promise.resolve(false)
  return new Promise((resolve) => {
    const settle = (ok: boolean) => {
      stop()
      response.off('close', gone)
      resolve(ok)
    }
    const gone = () => settle(false)
    response.once('close', gone)
    const stop = start(() => settle(true))
  })
}
