// Whatever breaks while answers arrive, the text a reader ends with is that of the result, byte for byte.
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectTo, type Ensemble } from '../../../src/client/ensemble.js'
import { mulberry32 } from '../../../src/simulator/seeded-random.js'
import { journaled } from '../../support/journaled.js'
import { openStage, type Stage } from '../../support/stage.js'
import { reader } from '../../support/text-reader.js'
import { until } from '../../support/until.js'
import { billable, requestsOf, verifyHistory } from '../../support/verify.js'

const WORDS = 'Grüße, 世界 👩‍🚀! '
const BYTES = 12_000
/** All of them in `npm run soak`. */
const PLACES = process.env.ENSEMBLE_SOAK ? 20 : 2
const SEED = Number(process.env.ENSEMBLE_TEST_SEED ?? Date.now() % 100_000)
/** How long each item's first answer takes: a worker dies at another place of each, behind the end of some. */
const ITEMS = { quick: 1000, slow: 3000, slower: 4000 }

let stage: Stage
/** What the simulator sends for such an answer, frames and all. */
let wholeBytes: number

beforeAll(async () => {
  stage = await openStage({ workers: 0 })
  stage.simulator.setRules([
    ...Object.entries(ITEMS).map(([id, delayMs]) => ({
      match: { prompt: `/^killed at \\S+ ${id}$/`, attempt: 1 },
      reply: { text: WORDS, bytes: BYTES, firstTokenMs: 100, delayMs },
    })),
    { match: { prompt: 'killed' }, reply: { text: WORDS, bytes: BYTES, delayMs: 300 } },
    ...[true, false].map((pings) => ({
      match: { prompt: `stalled, pings: ${pings}`, attempt: 1 },
      reply: { text: WORDS, bytes: BYTES },
      fault: { kind: 'stall' as const, at: 50, pings },
    })),
    { match: { prompt: 'stalled' }, reply: { text: WORDS, bytes: BYTES } },
  ])
  wholeBytes = await bytesOf('killed before all')
})

afterAll(() => stage?.close())

function connected(taskQueue: string, { server, home } = stage): Promise<Ensemble> {
  return connectTo({ address: server.address, namespace: 'default', taskQueue, storeDir: join(home, 'store') })
}

async function bytesOf(content: string): Promise<number> {
  const claude = new Anthropic({ apiKey: 'simulator', baseURL: stage.simulator.url, maxRetries: 0 })
  const messages = [{ role: 'user' as const, content }]
  await claude.messages.stream({ model: 'claude-sonnet-5-5', max_tokens: 10_000, messages }).finalMessage()
  return requestsOf(stage, content)[0]?.bytes ?? 0
}

describe.concurrent('a reader of live text', () => {
  const random = mulberry32(SEED)
  /** One in each part of an answer, so no two are the same. */
  const places = Array.from({ length: PLACES }, (_, part) => Math.floor(((part + random()) / PLACES) * 9500) / 100)
  it.each(places)(
    `ends with the result's text when the worker is killed at %s per cent of an answer (seed ${SEED})`,
    async (at) => {
      const taskQueue = `killed-${at}`
      const first = await stage.addWorker({ taskQueue })
      const ensemble = await connected(taskQueue)
      const ids = Object.keys(ITEMS)
      const items = ids.map((id) => ({ id, prompt: `killed at ${at} ${id}` }))
      const run = await ensemble.start('parallel', { items, confirm: 'never', stream: true })
      const handle = stage.client.workflow.getHandle(run.id)
      const reading = reader(run)
      const sent = () => requestsOf(stage, `killed at ${at} slow`)[0]?.bytes ?? 0
      await until('so much of the answer to be sent', () => sent() > 0 && sent() >= (at / 100) * wholeBytes)
      await first.kill()
      // Nobody writes until another worker comes: what is not in the journal now was in flight.
      const begun = requestsOf(stage, `killed at ${at} `)
      const kept = await journaled(stage, handle, ids)
      const unreported = (await handle.describe()).raw.pendingActivities?.length ?? 0
      const inFlight = ids.filter((id) => !kept.has(id))
      expect(inFlight).toContain('slow')
      await stage.addWorker({ taskQueue })
      const read = await reading
      const result = await run.result({ resolve: true })
      expect(result.status).toBe('completed')
      expect(read.texts).toEqual(Object.fromEntries(result.items.map(({ id, text }) => [id, text])))
      for (const text of Object.values(read.texts)) expect(Buffer.byteLength(text)).toBeGreaterThanOrEqual(BYTES)
      const paid = requestsOf(stage, `killed at ${at} `)
      expect(billable(paid).length).toBe(ids.length + billable(begun).length - kept.size)
      for (const id of inFlight) expect(read.attempts[id]?.at(-1)).toBe(2)
      // Only what was written down and not yet handed over to its last word may need the result's help.
      const { streamed = 0, corrected = 0, whole = 0 } = read.end?.texts ?? {}
      expect(streamed + corrected + whole).toBe(ids.length)
      expect(corrected + whole).toBeLessThanOrEqual(unreported - inFlight.length)
      // A new attempt says to forget what the dead worker had said, if that was anything.
      const begunAgain = Object.values(read.attempts).filter(({ length }) => length > 1)
      expect(read.resets).toBe(begunAgain.length + corrected)
      await verifyHistory(stage.client.workflow.getHandle(`${run.id}/stream`))
      await ensemble.close()
    },
  )

  // A minute each.
  const stalls = process.env.ENSEMBLE_SOAK ? [true, false] : []
  it.each(stalls)('begins again when an answer stalls (pings: %s)', async (pings) => {
    const taskQueue = `stalled-${pings}`
    await stage.addWorker({ taskQueue })
    const ensemble = await connected(taskQueue)
    const prompt = `stalled, pings: ${pings}`
    const run = await ensemble.start('parallel', { items: [{ id: 'a', prompt }], confirm: 'never', stream: true })
    const read = await reader(run)
    const { items } = await run.result({ resolve: true })
    expect(items[0]).toMatchObject({ status: 'ok', attempts: 2 })
    expect(read.texts.a).toBe(items[0]?.text)
    expect(read).toMatchObject({ resets: 1, attempts: { a: [1, 2] } })
    expect(read.end?.texts).toEqual({ streamed: 1, corrected: 0, whole: 0 })
    const [stalled, again] = requestsOf(stage, prompt)
    expect(stalled).toMatchObject({ outcome: 'fault:stall', aborted: true })
    expect((stalled?.endedAt ?? Number.NaN) - (stalled?.at ?? 0)).toBeLessThanOrEqual(65_000)
    expect(again).toMatchObject({ outcome: 'answered' })
    await ensemble.close()
  })

  it("ends with the result's text when its server goes away and comes back", async () => {
    const own = await openStage()
    try {
      own.simulator.setRules([{ reply: { text: WORDS, bytes: BYTES, firstTokenMs: 100, delayMs: 6000 } }])
      const ensemble = await connected('ensemble', own)
      const items = [{ id: 'a', prompt: 'outage' }]
      const run = await ensemble.start('parallel', { items, confirm: 'never', stream: true })
      let down = false
      const read = await reader(run, {
        async after({ texts }) {
          if (down || (texts.a ?? '').length < 500) return
          down = true
          await own.server.kill()
          await own.server.start()
        },
      })
      expect(down).toBe(true)
      const result = await run.result({ resolve: true })
      expect(result.items[0]).toMatchObject({ status: 'ok', attempts: 1 })
      expect(read.texts.a).toBe(result.items[0]?.text)
      expect(read).toMatchObject({ resets: 0, end: { texts: { corrected: 0, streamed: 1, whole: 0 } } })
      await ensemble.close()
    } finally {
      await own.close()
    }
  })
})

describe.concurrent('a conversation that is listened to', () => {
  const random = mulberry32(SEED + 1)
  const places = Array.from({ length: PLACES }, (_, part) => Math.floor(((part + random()) / PLACES) * 9000) / 100)
  it.each(places)(
    `has each message once, and each listener the answer's text, when the worker is killed at %s per cent (seed ${SEED})`,
    async (at) => {
      const taskQueue = `talk-${at}`
      const first = await stage.addWorker({ taskQueue })
      const ensemble = await connected(taskQueue)
      const thread = ensemble.thread(taskQueue)
      const said = ['before', 'slow', 'after'].map((word) => `killed at talk-${at} ${word}`)
      const heard = said.map(() => '')
      const replies = said.map((message, index) =>
        thread.send(message, {
          onText: (text, { reset }) => {
            heard[index] = reset ? text : heard[index] + text
          },
        }),
      )
      const asked = (index: number) => requestsOf(stage, said[index] ?? '')
      const sent = () => asked(1)[0]?.bytes ?? 0
      await until('so much of the answer to be sent', () => sent() > 0 && sent() >= (at / 100) * wholeBytes)
      await first.kill()
      await until('its end to be known', () => asked(1)[0]?.aborted)
      await stage.addWorker({ taskQueue })
      const texts = (await Promise.all(replies)).map(({ text }) => text)
      expect(heard).toEqual(texts)
      for (const text of texts) expect(Buffer.byteLength(text)).toBeGreaterThanOrEqual(BYTES)
      expect((await thread.messages()).map(({ turn, sent, text }) => [turn, sent, text])).toEqual(
        said.map((message, index) => [index + 1, message, texts[index]]),
      )
      expect(said.map((_, index) => asked(index).length)).toEqual([1, 2, 1])
      await verifyHistory(stage.client.workflow.getHandle(taskQueue))
      await ensemble.close()
    },
  )
})
