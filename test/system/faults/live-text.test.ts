// Whatever breaks while answers arrive, the text a reader ends with is that of the result, byte for byte.
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectTo, type Ensemble } from '../../../src/client/ensemble.js'
import { mulberry32 } from '../../../src/simulator/seeded-random.js'
import { startProxy } from '../../support/proxy.js'
import { openStage, type Stage } from '../../support/stage.js'
import { reader } from '../../support/text-reader.js'
import { billable, requestsOf, verifyHistory } from '../../support/verify.js'

const WORDS = 'Grüße, 世界 👩‍🚀! '
const BYTES = 12_000
/** All of them in `npm run soak`. */
const PLACES = process.env.ENSEMBLE_SOAK ? 20 : 3
const SEED = Number(process.env.ENSEMBLE_SEED ?? Date.now() % 100_000)

let stage: Stage

beforeAll(async () => {
  stage = await openStage({ workers: 0 })
  stage.simulator.setRules([
    { match: { prompt: 'killed' }, reply: { text: WORDS, bytes: BYTES, firstTokenMs: 100, delayMs: 4000 } },
    { match: { prompt: 'outage' }, reply: { text: WORDS, bytes: BYTES, firstTokenMs: 100, delayMs: 6000 } },
    { match: { prompt: 'client' }, reply: { text: WORDS, bytes: BYTES, firstTokenMs: 100, delayMs: 3000 } },
    {
      match: { prompt: 'stalled', attempt: 1 },
      reply: { text: WORDS, bytes: BYTES },
      fault: { kind: 'stall', at: 50, pings: true },
    },
    { match: { prompt: 'stalled' }, reply: { text: WORDS, bytes: BYTES } },
  ])
})

afterAll(() => stage?.close())

function connected(taskQueue: string, address = stage.server.address): Promise<Ensemble> {
  return connectTo({ address, namespace: 'default', taskQueue, storeDir: join(stage.home, 'store') })
}

describe.concurrent('a reader of live text', () => {
  const random = mulberry32(SEED)
  const places = Array.from({ length: PLACES }, () => Math.floor(random() * BYTES * 0.5))
  it.each(places)(
    `ends with the result's text when the worker is killed behind %i characters (seed ${SEED})`,
    async (at) => {
      const taskQueue = `killed-${at}`
      const first = await stage.addWorker({ taskQueue })
      const ensemble = await connected(taskQueue)
      const items = ['a', 'b'].map((id) => ({ id, prompt: `killed ${at} ${id}` }))
      const run = await ensemble.start('parallel', { items, confirm: 'never', stream: true })
      const read = await reader(run, {
        async after({ texts }) {
          if (!first.running() || (texts.a ?? '').length * 1.6 < at) return
          await first.kill()
          await stage.addWorker({ taskQueue })
        },
      })
      expect(first.running()).toBe(false)
      const result = await run.result({ resolve: true })
      expect(result.status).toBe('completed')
      expect(read.texts).toEqual(Object.fromEntries(result.items.map(({ id, text }) => [id, text])))
      expect(Buffer.byteLength(read.texts.a ?? '')).toBeGreaterThanOrEqual(BYTES)
      expect(read.end?.texts).toEqual({ streamed: 2, whole: 0, corrected: 0 })
      // A new attempt says to forget what the dead worker had said.
      expect(read.resets).toBeGreaterThanOrEqual(1)
      // Both may have been in flight, or answered and not yet in the journal.
      expect(billable(requestsOf(stage, `killed ${at} `)).length).toBeLessThanOrEqual(4)
      await verifyHistory(stage.client.workflow.getHandle(`${run.id}/stream`))
      await ensemble.close()
    },
  )

  it('goes on by itself when its own connection was cut: no gap, no duplicate', async () => {
    const taskQueue = 'client-cut'
    await stage.addWorker({ taskQueue })
    const proxy = await startProxy(stage.server.port)
    const ensemble = await connected(taskQueue, proxy.address)
    const run = await ensemble.start('parallel', {
      items: [{ id: 'a', prompt: 'client' }],
      confirm: 'never',
      stream: true,
    })
    let cut = false
    const read = await reader(run, {
      async after({ texts }) {
        if (cut || (texts.a ?? '').length < 1000) return
        cut = true
        proxy.refuse()
        await new Promise((resolve) => setTimeout(resolve, 1000))
        proxy.heal()
      },
    })
    expect(proxy.hit()).toBeGreaterThan(0)
    const { items } = await run.result({ resolve: true })
    expect(read.texts.a).toBe(items[0]?.text)
    expect(read).toMatchObject({ resets: 0, end: { texts: { streamed: 1, corrected: 0, whole: 0 } } })
    await ensemble.close()
    await proxy.close()
  })

  it.runIf(process.env.ENSEMBLE_SOAK)('begins again when an answer stalls', async () => {
    const taskQueue = 'stalled'
    await stage.addWorker({ taskQueue })
    const ensemble = await connected(taskQueue)
    const run = await ensemble.start('parallel', {
      items: [{ id: 'a', prompt: 'stalled' }],
      confirm: 'never',
      stream: true,
    })
    const read = await reader(run)
    const { items } = await run.result({ resolve: true })
    expect(items[0]).toMatchObject({ status: 'ok', attempts: 2 })
    expect(read.texts.a).toBe(items[0]?.text)
    expect(read).toMatchObject({ resets: 1, end: { texts: { streamed: 1, corrected: 0, whole: 0 } } })
    await ensemble.close()
  })
})

describe('a reader whose server goes away and comes back', () => {
  it("ends with the result's text", async () => {
    const taskQueue = 'outage'
    await stage.addWorker({ taskQueue })
    const ensemble = await connected(taskQueue)
    const run = await ensemble.start('parallel', {
      items: [{ id: 'a', prompt: 'outage' }],
      confirm: 'never',
      stream: true,
    })
    let down = false
    const read = await reader(run, {
      async after({ texts }) {
        if (down || (texts.a ?? '').length < 500) return
        down = true
        await stage.server.kill()
        await stage.server.start()
      },
    })
    expect(down).toBe(true)
    const { items } = await run.result({ resolve: true })
    expect(items[0]).toMatchObject({ status: 'ok', attempts: 1 })
    expect(read.texts.a).toBe(items[0]?.text)
    expect(read.end?.texts).toMatchObject({ corrected: 0, streamed: 1 })
    await ensemble.close()
  })
})
