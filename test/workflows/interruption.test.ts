// Stop now, keep what is there. What counts is when the requests are closed, as the model server sees it.
import type { WorkflowHandle } from '@temporalio/client'
import { CancelledFailure, WorkflowFailedError } from '@temporalio/client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { mulberry32 } from '../../src/simulator/seeded-random.js'
import { resultOf } from '../support/run-result.js'
import { openStage, type Stage } from '../support/stage.js'
import { until } from '../support/until.js'

/** Of every sweep, so that one that fails can be repeated: ENSEMBLE_TEST_SEED=… */
const SEED = Number(process.env.ENSEMBLE_TEST_SEED ?? Date.now() % 1_000_000)
const SWEEP = 24
let stage: Stage

beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())
beforeEach(() => {
  stage.simulator.setRules([
    { match: { prompt: 'mute' }, fault: { kind: 'slow-start', ms: 60_000 } },
    { match: { prompt: 'endless' }, reply: { text: 'word '.repeat(2000), tokensPerSecond: 20 } },
    { match: { prompt: 'refused' }, fault: { kind: '529' } },
    { match: { prompt: 'short' }, reply: { text: 'done', delayMs: 30 } },
  ])
  stage.simulator.resetJournal()
})

type Items = { id?: string; prompt: string }[]
const start = (items: Items, more: object = {}) => stage.start('parallel', { items, confirm: 'never', ...more })
const journal = () => stage.simulator.journal()
const inFlight = (count: number) => until(`${count} requests in flight`, () => journal().inFlight === count)
/** Milliseconds until the model server saw every request closed. */
const stopped = async (how: () => Promise<unknown>): Promise<number> => {
  const before = Date.now()
  await how()
  await until('every request to be closed', () => journal().inFlight === 0)
  return Math.max(...journal().requests.map(({ endedAt }) => endedAt ?? Number.NaN)) - before
}
const cancelled = async (handle: WorkflowHandle): Promise<void> => {
  const error = await handle.result().then(
    (result) => new Error(`it ended with ${JSON.stringify(result)}`),
    (caught: unknown) => caught,
  )
  expect(error).toBeInstanceOf(WorkflowFailedError)
  expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure)
}

describe('an interruption', () => {
  it('of the whole run closes every request within a second and keeps what had arrived', async () => {
    const handle = await start(
      [
        { id: 'done', prompt: 'short' },
        ...['mute', 'endless', 'endless too'].map((prompt) => ({ id: prompt, prompt })),
        { id: 'retrying', prompt: 'refused' },
        ...['a', 'b'].map((id) => ({ id, prompt: `mute ${id}` })),
      ],
      { concurrency: 5 },
    )
    await until(
      'text to arrive',
      () => journal().requests.filter(({ bytes, model }) => model && bytes > 500).length >= 2,
    )
    await until('one to wait for its retry', () => (journal().byPrompt.refused?.posts ?? 0) >= 1)
    await until('one to be done', async () => (await stage.status(handle)).items[0]?.status === 'ok')
    expect(await stopped(() => handle.signal('interrupt'))).toBeLessThan(1000)
    const { status, items, usage } = await resultOf(handle)
    expect(status).toBe('interrupted')
    const byId = Object.fromEntries(items.map((item) => [item.id, item]))
    expect(byId.done).toMatchObject({ status: 'ok', text: 'done' })
    for (const id of ['endless', 'endless too']) {
      expect(byId[id]).toMatchObject({ status: 'interrupted', partial: expect.stringMatching(/^word /), attempts: 1 })
      expect(byId[id]?.usage.outputTokens).toBeGreaterThan(0)
      expect(byId[id]?.usd).toBeGreaterThan(0)
    }
    expect(byId.retrying).toMatchObject({ status: 'interrupted' })
    expect(byId.retrying?.attempts).toBeGreaterThan(0)
    expect(
      [byId.mute?.status, byId.a?.status, byId.b?.status].filter((ended) => ended === 'interrupted').length,
    ).toBeGreaterThan(0)
    expect(byId.b).toMatchObject({ status: 'skipped', attempts: 0, usd: 0 })
    expect(usage.outputTokens).toBe(items.reduce((sum, item) => sum + item.usage.outputTokens, 0))
    expect((await handle.describe()).memo).toMatchObject({ status: 'interrupted' })
  })

  it('of one item leaves its siblings alone', async () => {
    const handle = await start(['one', 'two'].map((id) => ({ id, prompt: `endless ${id}` })))
    await inFlight(2)
    await handle.signal('interrupt', { item: 'one', by: 'reviewer' })
    await inFlight(1)
    const aborted = Date.now()
    stage.simulator.setRules([])
    const { items } = await stage.status(handle)
    expect(items.find(({ id }) => id === 'two')?.status).toBe('running')
    await handle.signal('interrupt', 'two')
    const result = await resultOf(handle).catch(() => undefined)
    expect(result?.items.map(({ status }) => status)).toEqual(['interrupted', 'interrupted'])
    expect(Date.now() - aborted).toBeLessThan(5000)
  })

  it('of one item makes the run partial, and of one that has not started costs nothing', async () => {
    const handle = await start(
      [
        { id: 'first', prompt: 'endless' },
        { id: 'second', prompt: 'mute' },
        { id: 'third', prompt: 'short' },
      ],
      { concurrency: 1 },
    )
    await inFlight(1)
    await handle.signal('interrupt', 'second')
    await handle.signal('interrupt', { item: 'first' })
    const result = await resultOf(handle)
    expect(result.status).toBe('partial')
    expect(result.items.map(({ status, attempts }) => [status, attempts])).toEqual([
      ['interrupted', 1],
      ['interrupted', 0],
      ['ok', 1],
    ])
    await expect(handle.signal('interrupt', 'first')).rejects.toThrow()
  })

  it('while it is planned or asked about ends the run at once, with nothing spent', async () => {
    const handle = await start([{ prompt: 'short' }], { confirm: 'always' })
    await stage.reach(handle, 'waiting')
    await handle.signal('interrupt')
    expect(await resultOf(handle)).toMatchObject({ status: 'interrupted', usd: 0, items: [{ status: 'skipped' }] })
    expect((await handle.describe()).memo).toMatchObject({ status: 'interrupted', waitingFor: '' })
    expect(journal().posts).toBe(0)
  })
})

describe('a pause', () => {
  it('starts nothing new and lets what runs go on, until it is resumed', async () => {
    stage.simulator.setRules([{ reply: { text: 'done', delayMs: 150 } }])
    const handle = await start(
      Array.from({ length: 8 }, (_, index) => ({ prompt: `p${index}` })),
      { concurrency: 2 },
    )
    await inFlight(2)
    await handle.signal('pause', { by: 'reviewer' })
    await stage.reach(handle, 'paused')
    await inFlight(0)
    const { posts } = journal()
    const { items } = await until('what ran to end', async () => {
      const status = await stage.status(handle)
      return status.items.filter((item) => item.status === 'ok').length === posts && status
    })
    expect(items.filter(({ status }) => status === 'waiting')).toHaveLength(8 - posts)
    expect(posts).toBeLessThan(8)
    expect((await handle.describe()).memo).toMatchObject({ status: 'paused' })
    await handle.signal('resume')
    expect((await resultOf(handle)).status).toBe('completed')
    expect(journal()).toMatchObject({ posts: 8, maxInFlight: 2 })
  })

  it('can be interrupted', async () => {
    const handle = await start([{ prompt: 'short' }, { prompt: 'short too' }], { confirm: 'always' })
    const { approvals } = await stage.reach(handle, 'waiting')
    await handle.signal('pause')
    await handle.signal('approve', { digest: approvals[0]?.digest })
    await stage.reach(handle, 'paused')
    await handle.signal('interrupt')
    expect(await resultOf(handle)).toMatchObject({
      status: 'interrupted',
      items: [{ status: 'skipped' }, { status: 'skipped' }],
    })
    expect(journal().posts).toBe(0)
  })
})

describe('a cancellation', () => {
  it('ends the run as cancelled after its requests were closed', async () => {
    const handle = await start(['endless', 'mute'].map((prompt) => ({ prompt })))
    await inFlight(2)
    expect(await stopped(() => handle.cancel())).toBeLessThan(1000)
    const closed = Date.now()
    await cancelled(handle)
    const { closeTime, memo } = await handle.describe()
    expect(closeTime?.getTime()).toBeGreaterThan(Math.max(...journal().requests.map(({ endedAt }) => endedAt ?? 0)) - 1)
    expect(closeTime?.getTime()).toBeLessThan(closed + 2000)
    expect(memo).toMatchObject({ status: 'interrupted' })
  })

  it('while a call leads its siblings to the cache ends the run as fast', async () => {
    const items = ['one', 'two', 'three'].map((prompt) => ({ prompt: `mute ${prompt}` }))
    const handle = await start(items, { sharedSystem: 'The same for all. '.repeat(300) })
    await inFlight(1)
    const before = Date.now()
    await handle.cancel()
    await cancelled(handle)
    expect(Date.now() - before).toBeLessThan(2000)
  })

  it('of a run that waits leaves nobody asked', async () => {
    const handle = await start([{ prompt: 'short' }], { confirm: 'always' })
    await stage.reach(handle, 'waiting')
    await handle.cancel()
    await cancelled(handle)
    expect((await handle.describe()).memo).toMatchObject({ status: 'interrupted', waitingFor: '' })
  })
})

describe(`at any moment (seed ${SEED})`, () => {
  const random = mulberry32(SEED)
  const shared = 'The same for all. '.repeat(300)
  const files = [{ path: 'a.ts', text: `${'const a = 1\n'.repeat(50)}` }]
  const runs: [string, (confirm: string) => Promise<WorkflowHandle>][] = [
    [
      'parallel',
      (confirm) =>
        start(
          Array.from({ length: 6 }, (_, i) => ({ prompt: `sweep ${i}` })),
          { sharedSystem: shared, confirm, concurrency: 3 },
        ),
    ],
    ['review', (confirm) => stage.start('review', { files, experts: ['security', 'tests'], confirm })],
  ]

  it.each(['interrupt', 'cancel'])(
    '%s ends a run, its requests with it, and nothing starts afterwards',
    async (how) => {
      stage.simulator.setRules([{ reply: { firstTokenMs: 60, tokensPerSecond: 400 } }])
      const one = async (index: number) => {
        const [name, begin] = runs[index % runs.length] ?? runs[0]!
        const handle = await begin(index % 3 === 0 ? 'always' : 'never')
        if (index % 3 === 0) {
          const { approvals } = await stage.reach(handle, 'waiting')
          if (index % 2 === 0) await handle.signal('approve', { digest: approvals[0]?.digest })
        }
        const after = Math.floor(random() * 700)
        await new Promise((resolve) => setTimeout(resolve, after))
        const about = `${name} after ${after} ms`
        const sent = await (how === 'cancel' ? handle.cancel() : handle.signal('interrupt')).then(
          () => true,
          () => false,
        )
        const started = Date.now()
        const closed = await until(`${about} to be closed`, async () => {
          const { status } = await handle.describe()
          return status.name !== 'RUNNING' && status.name
        })
        expect(Date.now() - started, about).toBeLessThan(3000)
        if (closed === 'CANCELLED') {
          expect(how, about).toBe('cancel')
          return
        }
        const { status, items, usd } = await resultOf(handle)
        // What had all answers by then is complete; an item each has an outcome, and its cost is in the sum.
        expect(['interrupted', 'completed', 'partial', ...(sent ? [] : ['failed'])], about).toContain(status)
        expect(
          items.every((item) => ['ok', 'interrupted', 'skipped'].includes(item.status)),
          about,
        ).toBe(true)
        expect(usd, about).toBeCloseTo(
          items.reduce((sum, item) => sum + (item.usd ?? Number.NaN), 0),
          6,
        )
      }
      await Promise.all(Array.from({ length: SWEEP / 2 }, (_, index) => one(index)))
      await until('every request to be closed', () => journal().inFlight === 0, 2)
      const { posts } = journal()
      await new Promise((resolve) => setTimeout(resolve, 1500))
      expect(journal().posts).toBe(posts)
    },
  )
})
