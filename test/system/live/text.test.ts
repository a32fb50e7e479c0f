// The text a reader puts together while answers arrive is the text of the result, byte for byte, and nothing had to be
// corrected for it unless something was broken on the way.
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectTo, type Ensemble } from '../../../src/client/ensemble.js'
import { InvalidInputError, RunNotFoundError } from '../../../src/client/errors.js'
import { openStage, type Stage } from '../../support/stage.js'
import { reader } from '../../support/text-reader.js'
import { until } from '../../support/until.js'
import { requestsOf, verifyHistory } from '../../support/verify.js'

const WORDS = 'Grüße, 世界 👩‍🚀! '

let stage: Stage
let ensemble: Ensemble

beforeAll(async () => {
  stage = await openStage()
  stage.simulator.setRules([
    { match: { prompt: 'long' }, reply: { text: WORDS, bytes: 100_000, delayMs: 1500 } },
    { match: { prompt: 'endless' }, reply: { text: WORDS, bytes: 100_000, delayMs: 60_000 } },
    {
      match: { prompt: 'cut', attempt: 1 },
      reply: { text: WORDS, bytes: 20_000, delayMs: 1000 },
      fault: { kind: 'cut', at: 50, insideCharacter: true },
    },
    {
      match: { prompt: 'stalled', attempt: 1 },
      reply: { text: WORDS, bytes: 20_000, delayMs: 500 },
      fault: { kind: 'stall', at: 50, pings: true },
    },
    { match: { prompt: '/cut|stalled/' }, reply: { text: WORDS, bytes: 20_000, delayMs: 1000 } },
    { match: { prompt: 'refused' }, fault: { kind: '400', message: 'no' } },
    { match: { prompt: 'quick' }, reply: { text: 'Äußerst kurz 🙂' } },
  ])
  ensemble = await connected()
})

afterAll(async () => {
  await ensemble?.close()
  await stage?.close()
})

function connected(): Promise<Ensemble> {
  const { address } = stage.server
  return connectTo({ address, namespace: 'default', taskQueue: 'ensemble', storeDir: join(stage.home, 'store') })
}

describe.concurrent('the text of a run', () => {
  it('read while it arrives is that of the result, for several agents with many bytes a character', async () => {
    const items = ['a', 'b', 'c'].map((id) => ({ id, prompt: `long ${id}` }))
    const run = await ensemble.start('parallel', { items, confirm: 'never', stream: true })
    const read = await reader(run)
    const result = await run.result({ resolve: true })
    expect(read.texts).toEqual(Object.fromEntries(result.items.map(({ id, text }) => [id, text])))
    expect(Buffer.byteLength(read.texts.a ?? '')).toBeGreaterThanOrEqual(100_000)
    expect(read.end?.texts).toEqual({ streamed: 3, whole: 0, corrected: 0 })
    expect(read.pieces).toBeGreaterThan(6)
    expect(read.resets).toBe(0)
    const stream = stage.client.workflow.getHandle(`${run.id}/stream`)
    await until('the stream to end', async () => (await stream.describe()).status.name === 'COMPLETED')
    await verifyHistory(stream)
  })

  it('begins again when an answer was cut inside a character, and is not doubled', async () => {
    const run = await ensemble.start('parallel', {
      items: [{ id: 'a', prompt: 'cut' }],
      confirm: 'never',
      stream: true,
    })
    const read = await reader(run)
    const { items } = await run.result({ resolve: true })
    expect(items[0]).toMatchObject({ status: 'ok', attempts: 2 })
    expect(read.texts.a).toBe(items[0]?.text)
    expect(read.resets).toBe(1)
    expect(read.end?.texts).toEqual({ streamed: 1, whole: 0, corrected: 0 })
  })

  it('of an interrupted item is what had arrived, of a failed one there is none', async () => {
    const items = [
      { id: 'long', prompt: 'endless' },
      { id: 'bad', prompt: 'refused' },
    ]
    const run = await ensemble.start('parallel', { items, confirm: 'never', stream: true })
    let asked = false
    const read = await reader(run, {
      async after({ texts }) {
        if (asked || (texts.long ?? '').length < 1000) return
        asked = true
        await run.interrupt({ item: 'long' })
      },
    })
    const result = await run.result({ resolve: true })
    expect(result.items).toMatchObject([{ status: 'interrupted' }, { status: 'error' }])
    expect(result.items[0]?.partial).toBeTruthy()
    expect(read.texts).toEqual({ long: result.items[0]?.partial })
    expect(read.end?.texts).toMatchObject({ corrected: 0, streamed: 1 })
  })

  it('comes whole at the end where the run was not started for it, and no stream is begun', async () => {
    const run = await ensemble.start('parallel', { items: [{ id: 'a', prompt: 'quick' }], confirm: 'never' })
    const read = await reader(run)
    expect(read.texts).toEqual({ a: 'Äußerst kurz 🙂' })
    expect(read.pieces).toBe(1)
    expect(read.end?.texts).toBeUndefined()
    await expect(ensemble.run(`${run.id}/stream`).facts()).rejects.toThrow(RunNotFoundError)
    for await (const event of run.events()) expect(event.type).not.toBe('text')
  })

  it('goes on in another process at the cursor of the first: no gap, no duplicate', async () => {
    const items = ['a', 'b'].map((id) => ({ id, prompt: `long ${id}, read twice` }))
    const run = await ensemble.start('parallel', { items, confirm: 'never', stream: true })
    const first = await reader(run, { stop: ({ texts }) => (texts.b ?? '').length > 5000 })
    expect(first.end).toBeUndefined()
    const another = await connected()
    const { cursor, texts } = first
    const read = await reader(another.run(run.id), { texts, ...(cursor !== undefined && { cursor }) })
    const result = await run.result({ resolve: true })
    expect(read.texts).toEqual(Object.fromEntries(result.items.map(({ id, text }) => [id, text])))
    expect(read).toMatchObject({ resets: 0, warnings: [], end: { texts: { corrected: 0, whole: 0, streamed: 2 } } })
    await another.close()
  })

  it('says so when the cursor is of a text that is gone, and begins anew', async () => {
    const run = await ensemble.start('parallel', {
      items: [{ id: 'a', prompt: 'long' }],
      confirm: 'never',
      stream: true,
    })
    const read = await reader(run, { cursor: 4711, texts: { a: 'something of old' } })
    const { items } = await run.result({ resolve: true })
    expect(read.texts.a).toBe(items[0]?.text)
    expect(read.warnings[0]).toMatch(/offset 4711 is gone, there is \d+ to \d+: answers begin anew/)
  })

  it.each([-1, 1.5, Number.NaN, 1e17])('refuses %s, which is no cursor', async (cursor) => {
    const reading = ensemble.run('any').events({ cursor })
    await expect(reading.next()).rejects.toThrow(`cursor: got ${cursor}; wanted that of a text event`)
  })
})

describe.concurrent('onText', () => {
  it('is told of every item by its own function; null listens to none', async () => {
    const told: Record<string, string> = {}
    const tell = (text: string, { item, reset }: { item: string; reset: boolean }) => {
      told[item] = (reset ? '' : (told[item] ?? '')) + text
    }
    const items = [{ prompt: 'long 1' }, { prompt: 'long 2' }, { prompt: 'quick' }]
    const run = await ensemble.start('parallel', { items, confirm: 'never' }, { onText: [tell, null, tell] })
    const result = await run.result({ resolve: true })
    expect(told).toEqual({ 1: result.items[0]?.text, 3: 'Äußerst kurz 🙂' })
  })

  it('that does not fit the items is refused before any call', async () => {
    const items = [{ prompt: 'unasked 1' }, { prompt: 'unasked 2' }]
    const start = (input: object, onText: unknown) => ensemble.start('parallel', input, { onText: onText as [] })
    await expect(start({ items }, [null])).rejects.toThrow('onText: got 1 for 2 items; wanted one for each (or null)')
    await expect(start({ items }, [null, 'x'])).rejects.toThrow('onText.1: got string; wanted a function or null')
    await expect(start({ itemsFile: '/x' }, [null])).rejects.toThrow(/onText: got a list for itemsFile/)
    await expect(start({ items }, 7)).rejects.toThrow(InvalidInputError)
    expect(requestsOf(stage, 'unasked')).toEqual([])
  })

  it('that throws makes the result throw it', async () => {
    const onText = () => {
      throw new Error('mine')
    }
    const run = await ensemble.start('parallel', { items: [{ prompt: 'quick' }], confirm: 'never' }, { onText })
    await expect(run.result()).rejects.toThrow('mine')
  })

  it('of a thread is told each turn as it arrives', async () => {
    const thread = ensemble.thread(`talk-${Date.now()}`)
    for (const turn of [1, 2]) {
      let told = ''
      let pieces = 0
      const reply = await thread.send(`long ${turn}`, {
        onText(text, { reset }) {
          told = (reset ? '' : told) + text
          pieces++
        },
      })
      expect(reply).toMatchObject({ turn, status: 'ok' })
      expect(told).toBe(reply.text)
      expect(pieces).toBeGreaterThan(4)
    }
    await thread.close()
  })
})
