// Answers larger than a message may be, and storage that goes away or goes bad. Results travel as refs, so no size of an
// answer ends a run; storage that is away is waited for; a text that is gone or damaged fails the calls that need it.
import { readFile, rename, rm, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ItemResult } from '../../../src/contracts/outcome.js'
import type { Plan } from '../../../src/contracts/plan.js'
import { isTextRef } from '../../../src/contracts/refs.js'
import { directoryStore } from '../../../src/storage/store.js'
import { items } from '../../support/items.js'
import { openStage, type Stage } from '../../support/stage.js'
import { until } from '../../support/until.js'
import { billable, inFlight, requestsOf, verified } from '../../support/verify.js'

const SIZES = [1_900_000, 2_100_000, 10_000_000, ...(process.env.ENSEMBLE_SOAK ? [60_000_000] : [])]
const BIG_JSON = { lines: Array.from({ length: 30_000 }, (_, line) => `line ${line} of a long list, with a ž in it`) }

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
  stage.simulator.setRules([
    ...SIZES.map((bytes) => ({ match: { prompt: `size ${bytes}` }, reply: { text: '{prompt} · ', bytes } })),
    { match: { prompt: 'many ' }, reply: { text: '{prompt} · ', bytes: 500_000 } },
    { match: { prompt: 'list' }, reply: { json: BIG_JSON } },
    { match: { prompt: 'away ' }, reply: { text: 'answer to {prompt}', firstTokenMs: 50, delayMs: 2000 } },
    { reply: { text: 'answer to {prompt}' } },
  ])
})

afterAll(() => stage?.close())

describe.concurrent('an answer', () => {
  it.each(SIZES)('of %i bytes is kept whole, and travels as a ref', async (bytes) => {
    const prompt = `size ${bytes}`
    const handle = await stage.start('parallel', { items: [{ id: 'big', prompt }], confirm: 'never' })
    const {
      status,
      items: [item],
    } = await verified(handle, ['big'])
    expect(status).toBe('completed')
    expect(item).toMatchObject({ status: 'ok', attempts: 1, text: { bytes } })
    const text = await textOf(item)
    expect(Buffer.byteLength(text)).toBe(bytes)
    expect(text).toBe(Buffer.alloc(bytes, `${prompt} · `).toString('utf8'))
    expect(requestsOf(stage, prompt)).toMatchObject([{ outcome: 'answered' }])
  })

  it('of 500 kB is no trouble fifty times over', async () => {
    const all = items('many', 50)
    const handle = await stage.start('parallel', { items: all, concurrency: 50, confirm: 'never' })
    const result = await verified(
      handle,
      all.map(({ id }) => id),
    )
    expect(result.status).toBe('completed')
    const texts = await Promise.all(result.items.map(textOf))
    for (const [index, text] of texts.entries()) {
      expect(Buffer.byteLength(text)).toBe(500_000)
      expect(text.startsWith(`${all[index]?.prompt} · `)).toBe(true)
    }
    expect(requestsOf(stage, 'many').length).toBe(50)
  })

  it('of large structured output is a ref to its JSON', async () => {
    const output = { type: 'object' }
    const handle = await stage.start('parallel', { items: [{ prompt: 'list', output }], confirm: 'never' })
    const {
      items: [item],
    } = await verified(handle, ['1'])
    if (!isTextRef(item?.output)) throw new Error(`wanted a ref, got ${JSON.stringify(item?.output)?.slice(0, 80)}`)
    expect(JSON.parse(await storeOf(stage.home).text(item.output.ref))).toEqual(BIG_JSON)
  })
})

describe.concurrent('storage', () => {
  it('that goes away while calls are in flight is waited for, and no answer is lost or paid twice', async () => {
    const home = join(stage.home, 'away-home')
    await stage.addWorker({ taskQueue: 'away', home })
    const all = items('away', 20)
    const handle = await stage.start(
      'parallel',
      { items: all, concurrency: 10, confirm: 'never' },
      { taskQueue: 'away' },
    )
    await until('ten calls in flight', () => inFlight(requestsOf(stage, 'away')).length === 10)
    const restore = await takeAway(join(home, 'store'))
    await untilUnreachable(handle, 'callClaude')
    expect(requestsOf(stage, 'away').length).toBe(10)
    await restore()
    const result = await verified(
      handle,
      all.map(({ id }) => id),
    )
    expect(result.status).toBe('completed')
    expect(result.items.map(({ text }) => text)).toEqual(all.map(({ prompt }) => `answer to ${prompt}`))
    expect(billable(requestsOf(stage, 'away')).length).toBe(20)
  })

  it('that is away before a run is planned is waited for', async () => {
    const home = join(stage.home, 'late-home')
    await stage.addWorker({ taskQueue: 'late', home })
    const restore = await takeAway(join(home, 'store'))
    const handle = await stage.start('parallel', { items: items('late', 1), confirm: 'never' }, { taskQueue: 'late' })
    await untilUnreachable(handle, 'prepare')
    await restore()
    expect((await verified(handle, ['n001'])).status).toBe('completed')
    expect(requestsOf(stage, 'late').length).toBe(1)
  })

  it('that lost or damaged a text fails the calls that need it, by type, and the run ends with the rest', async () => {
    const all = items('pages', 150)
    const handle = await stage.start('parallel', { items: all, concurrency: 50, confirm: 'always' })
    const {
      approvals: [approval],
    } = await stage.reach(handle, 'waiting')
    const { pages } = await planOf(handle)
    expect(pages.length).toBe(3)
    const [, second = '', third = ''] = pages.map((ref) => blobFile(stage.home, ref))
    const bytes = await readFile(second)
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
    await writeFile(second, bytes)
    await unlink(third)
    await handle.signal('approve', { digest: approval?.digest })
    const result = await verified(
      handle,
      all.map(({ id }) => id),
    )
    expect(result.status).toBe('partial')
    for (const [index, item] of result.items.entries()) {
      const type = ['', 'BlobDamaged', 'BlobMissing'][Math.floor(index / 50)]
      if (!type) expect(item).toMatchObject({ status: 'ok', text: `answer to ${all[index]?.prompt}` })
      else expect(item).toMatchObject({ status: 'error', error: { type }, attempts: 0 })
    }
    expect(result.items[50]?.error?.message).toContain(pages[1])
    expect(result.items[100]?.error?.message).toContain(pages[2])
    expect(requestsOf(stage, 'pages').length).toBe(50)
  })
})

const storeOf = (home: string) => directoryStore(join(home, 'store'))

async function textOf(item: ItemResult | undefined): Promise<string> {
  if (!isTextRef(item?.text)) throw new Error(`wanted a ref, got ${JSON.stringify(item)?.slice(0, 200)}`)
  return storeOf(stage.home).text(item.text.ref)
}

function blobFile(home: string, ref: string): string {
  const hash = ref.replace('sha256:', '')
  return join(home, 'store', 'blobs', hash.slice(0, 2), hash.slice(2))
}

/** Puts a file where the directory was; the result puts the directory back. */
async function takeAway(directory: string): Promise<() => Promise<void>> {
  await rename(directory, `${directory}.away`)
  await writeFile(directory, '')
  return async () => {
    await rm(directory)
    await rename(`${directory}.away`, directory)
  }
}

async function untilUnreachable(handle: WorkflowHandle, activity: string): Promise<void> {
  await until(`${activity} to say that storage cannot be reached`, async () => {
    const { pendingActivities } = (await handle.describe()).raw
    return pendingActivities?.some(
      ({ activityType, lastFailure }) =>
        activityType?.name === activity && lastFailure?.applicationFailureInfo?.type === 'StorageUnreachable',
    )
  })
}

/** What `prepare` gave the workflow, from its history. */
async function planOf(handle: WorkflowHandle): Promise<Plan> {
  const { events } = await handle.fetchHistory()
  const completed = events?.find(({ activityTaskCompletedEventAttributes }) => activityTaskCompletedEventAttributes)
  const data = completed?.activityTaskCompletedEventAttributes?.result?.payloads?.[0]?.data
  if (!data) throw new Error('the history has no plan')
  return JSON.parse(Buffer.from(data).toString('utf8'))
}
