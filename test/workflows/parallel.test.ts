// What becomes of a run's items, and what reaches the model for them.
import { join } from 'node:path'
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ItemResult } from '../../src/contracts/outcome.js'
import type { RerunOf } from '../../src/contracts/plan.js'
import { isTextRef } from '../../src/contracts/refs.js'
import type { ParallelInput } from '../../src/contracts/schemas/index.js'
import { directoryStore } from '../../src/storage/store.js'
import { failureOf, resultOf } from '../support/run-result.js'
import { openStage, type Stage } from '../support/stage.js'

const LONG = 'All of this is the same for every call and long enough to be cached. '.repeat(60)
let stage: Stage

beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())
beforeEach(() => {
  stage.simulator.setRules([
    { match: { prompt: 'broken' }, fault: { kind: '400', message: 'this one is broken' } },
    { match: { prompt: 'hiccup', attempt: 1 }, fault: { kind: '500' } },
    { match: { prompt: 'late' }, reply: { text: 'late {prompt}', delayMs: 300 } },
    { match: { prompt: 'large' }, reply: { text: 'ä', bytes: 20_000 } },
    { match: { prompt: 'echo' }, reply: { text: 'answer to {prompt}' } },
  ])
  stage.simulator.resetJournal()
})

const start = (input: ParallelInput) => stage.start('parallel', { confirm: 'never', ...input })
const run = async (input: ParallelInput) => resultOf(await start(input))
const posts = () => stage.simulator.journal().posts
const statuses = (items: ItemResult[]) => Object.fromEntries(items.map(({ id, status }) => [id, status]))

describe('the outcome of a run', () => {
  it('is completed when every item is ok, with results in the order of the input', async () => {
    const result = await run({
      items: [{ id: 'b', prompt: 'late echo' }, { prompt: 'echo 2' }, { id: 'a', prompt: 'echo 3' }],
    })
    expect(result.status).toBe('completed')
    expect(result.items.map(({ id, text }) => [id, text])).toEqual([
      ['b', 'late late echo'],
      ['2', 'answer to echo 2'],
      ['a', 'answer to echo 3'],
    ])
    expect(result.usd).toBeCloseTo(
      result.items.reduce((sum, { usd }) => sum + (usd ?? Number.NaN), 0),
      6,
    )
    expect(result.usd).toBeGreaterThan(0)
    expect(result.items.every(({ attempts, warnings }) => attempts === 1 && warnings.length === 0)).toBe(true)
  })

  it('is partial when one item failed: its siblings keep their answers, and the cause is named', async () => {
    const result = await run({
      items: [
        { id: 'bad', prompt: 'broken' },
        { id: 'good', prompt: 'echo' },
      ],
    })
    expect(result.status).toBe('partial')
    expect(result.items[0]).toMatchObject({
      status: 'error',
      error: { type: 'BadRequest', message: 'this one is broken', statusCode: 400 },
      attempts: 1,
      usd: 0,
    })
    expect(result.items[1]).toMatchObject({ status: 'ok', text: 'answer to echo' })
    expect(posts()).toBe(2)
  })

  it('is failed when no item is ok: the workflow fails, and its failure holds the result', async () => {
    const handle = await start({ items: [{ prompt: 'broken' }, { prompt: 'broken too' }] })
    const failure = await failureOf(handle)
    expect(failure).toMatchObject({ type: 'RunFailed', message: 'no item of 2 is ok: this one is broken' })
    const result = await resultOf(handle)
    expect(result.status).toBe('failed')
    expect(statuses(result.items)).toEqual({ 1: 'error', 2: 'error' })
    const description = await handle.describe()
    expect(description.status.name).toBe('FAILED')
    expect(description.memo?.status).toBe('failed')
  })

  it('counts what a failed request cost in attempts, and goes on', async () => {
    const result = await run({ items: [{ prompt: 'echo hiccup' }] })
    expect(result).toMatchObject({ status: 'completed', items: [{ attempts: 2, text: 'answer to echo hiccup' }] })
  })
})

describe('a rerun', () => {
  const again = async (handle: WorkflowHandle, first: WorkflowHandle, more: Partial<RerunOf> = {}) => {
    const rootOf = async (of: WorkflowHandle) => ({
      workflowId: of.workflowId,
      firstRunId: (await of.describe()).runId,
    })
    const rerunOf: RerunOf = { root: await rootOf(first), run: (await rootOf(handle)).firstRunId, ...more }
    return stage.start('parallel', { rerunOf })
  }
  const items = ['one', 'two', 'three'].map((id) => ({ id, prompt: `echo ${id}${id === 'two' ? ' broken' : ''}` }))

  it('pays only for what is not ok, and a rerun of it for nothing', async () => {
    const first = await start({ items })
    expect((await resultOf(first)).status).toBe('partial')
    const second = await again(first, first)
    expect((await resultOf(second)).status).toBe('partial')
    expect(posts()).toBe(4)
    stage.simulator.setRules([{ reply: { text: 'mended' } }])
    const third = await again(second, first)
    const mended = await resultOf(third)
    expect(mended.status).toBe('completed')
    expect(mended.items.map(({ id, text, attempts }) => [id, text, attempts])).toEqual([
      ['one', 'answer to echo one', 0],
      ['two', 'mended', 1],
      ['three', 'answer to echo three', 0],
    ])
    expect(mended.usd).toBe(mended.items[1]?.usd)
    expect(posts()).toBe(5)
    const fourth = await resultOf(await again(third, first))
    expect(fourth).toMatchObject({ status: 'completed', usd: 0, items: mended.items.map(({ text }) => ({ text })) })
    expect(posts()).toBe(5)
  })

  it('of named items asks those anew, even an ok one, and skips what else has no answer', async () => {
    const first = await start({ items })
    await resultOf(first)
    stage.simulator.setRules([{ reply: { text: 'asked again' } }])
    const result = await resultOf(await again(first, first, { items: ['one'] }))
    expect(posts()).toBe(4)
    expect(result.status).toBe('partial')
    expect(result.items.map(({ id, status, text }) => [id, status, text])).toEqual([
      ['one', 'ok', 'asked again'],
      ['two', 'skipped', undefined],
      ['three', 'ok', 'answer to echo three'],
    ])
  })

  it('that is fresh asks everything anew', async () => {
    const first = await start({ items })
    await resultOf(first)
    stage.simulator.setRules([{ reply: { text: 'fresh' } }])
    const result = await resultOf(await again(first, first, { fresh: true }))
    expect(result.items.map(({ text }) => text)).toEqual(['fresh', 'fresh', 'fresh'])
    expect(posts()).toBe(6)
  })

  it('of an item the run does not have is refused by name', async () => {
    const first = await start({ items })
    await resultOf(first)
    const failure = await failureOf(await again(first, first, { items: ['four'] }))
    expect(failure).toMatchObject({ type: 'InvalidInput', message: expect.stringMatching(/has no four.*one, two/) })
  })
})

describe('a request', () => {
  it('leaves out a temperature the model refuses, and the item says so', async () => {
    const result = await run({ items: [{ prompt: 'echo', temperature: 0.7 }] })
    expect(result.items[0]).toMatchObject({
      status: 'ok',
      warnings: ['temperature 0.7 left out: claude-sonnet-5-5 refuses it'],
    })
  })

  it("has the shared system text first and the item's own after it", async () => {
    stage.simulator.setRules([
      { match: { system: '/^SHARED\\nOWN$/' }, reply: { text: 'shared and own' } },
      { match: { system: '/^SHARED$/' }, reply: { text: 'shared alone' } },
    ])
    const result = await run({ sharedSystem: 'SHARED', items: [{ prompt: 'a', system: 'OWN' }, { prompt: 'b' }] })
    expect(result.items.map(({ text }) => text)).toEqual(['shared and own', 'shared alone'])
  })

  it('keeps the cache mark of a block the caller marked', async () => {
    const marked = { type: 'text', text: LONG, cache_control: { type: 'ephemeral', ttl: '1h' } }
    const result = await run({ items: [{ prompt: 'echo', system: [marked] }] })
    const { cacheWrite1hTokens, cacheWrite5mTokens } = result.usage
    expect(cacheWrite1hTokens).toBeGreaterThan(512)
    expect(cacheWrite5mTokens).toBe(0)
  })

  it.each([
    ['cacheSystem', { system: LONG, cacheSystem: true, prompt: 'echo' }],
    ['cachePrompt', { system: '', prompt: `echo ${LONG}`, cachePrompt: true }],
  ])('with %s is written to the cache once and read from it afterwards', async (name, item) => {
    const own = { ...item, system: `${name} ${item.system}` }
    const result = await run({ items: [own, own], concurrency: 1 })
    expect(result.items.map(({ usage }) => [usage.cacheWrite5mTokens > 0, usage.cacheReadTokens > 0])).toEqual([
      [true, false],
      [false, true],
    ])
    expect(result.savedUsd).not.toBe(0)
  })

  it('says when its text is too short to be cached', async () => {
    const result = await run({ items: [{ prompt: 'echo', system: 'short', cacheSystem: true }] })
    expect(result.items[0]?.warnings).toEqual([expect.stringContaining('caches from 512 tokens')])
  })

  it('sends messages instead of the prompt where both are given', async () => {
    const messages = [
      { role: 'user', content: 'first' },
      { role: 'assistant', content: 'yes?' },
      { role: 'user', content: 'echo last' },
    ] as const
    const result = await run({ items: [{ prompt: 'echo ignored', messages: [...messages] }] })
    expect(result.items[0]?.text).toBe('answer to echo last')
    expect(Object.keys(stage.simulator.journal().byPrompt)).toEqual(['echo last'])
  })

  it('passes content blocks on as they are', async () => {
    const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixel } }
    const result = await run({ items: [{ prompt: [image, { type: 'text', text: 'echo of a picture' }] }] })
    expect(result.items[0]?.text).toBe('answer to \necho of a picture')
  })

  it('takes the fields of the input as defaults of every item', async () => {
    stage.simulator.setRules([{ match: { system: 'be brief', model: 'haiku-5-5' }, reply: { text: 'as by default' } }])
    const result = await run({
      system: 'be brief',
      model: 'haiku',
      items: [{ prompt: 'a' }, { prompt: 'b', system: 'no' }],
    })
    expect(result.items[0]?.text).toBe('as by default')
    expect(result.items[1]?.text).not.toBe('as by default')
  })
})

describe('an answer', () => {
  const output = {
    type: 'object',
    properties: { n: { type: 'integer' } },
    required: ['n'],
    additionalProperties: false,
  }

  it('to an output schema comes parsed', async () => {
    stage.simulator.setRules([{ reply: { json: { n: 4 } } }])
    const result = await run({ items: [{ prompt: 'two and two', output }] })
    expect(result.items[0]).toMatchObject({ status: 'ok', text: '{"n":4}', output: { n: 4 } })
  })

  it('that is not the JSON asked for is an error, asked once and paid for', async () => {
    stage.simulator.setRules([{ match: { prompt: 'JSON' }, reply: { text: 'Sure! Here it is' } }])
    const result = await run({ items: [{ prompt: 'JSON please', output }, { prompt: 'other' }] })
    expect(result.status).toBe('partial')
    expect(result.items[0]).toMatchObject({ error: { type: 'OutputInvalid' }, attempts: 1 })
    expect(result.items[0]?.usd).toBeGreaterThan(0)
  })

  it('that is JSON of another shape is an error too, and the reason names the place', async () => {
    stage.simulator.setRules([{ match: { prompt: 'shape' }, reply: { json: { n: 'four' } } }])
    const result = await run({ items: [{ prompt: 'shape', output }, { prompt: 'other' }] })
    expect(result.items[0]).toMatchObject({ error: { type: 'OutputInvalid', message: expect.stringMatching(/: n: /) } })
  })

  it('above inlineBytes is stored byte by byte, with its head in the result', async () => {
    const items = [{ prompt: 'large' }]
    const [stored] = (await run({ items })).items
    if (!isTextRef(stored?.text)) throw new Error(`wanted a ref, got ${JSON.stringify(stored?.text)?.slice(0, 100)}`)
    expect(stored.text).toMatchObject({ bytes: 20_000, head: 'ä'.repeat(200) })
    expect(await directoryStore(join(stage.home, 'store')).text(stored.text.ref)).toBe('ä'.repeat(10_000))
    const [inline] = (await run({ items, inlineBytes: 20_000 })).items
    expect(inline?.text).toBe('ä'.repeat(10_000))
  })
})

describe('bad input', () => {
  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /^input: .*nothing/],
    ['null', null, /^input: /],
    ['a list', [], /^input: /],
    ['no items', {}, /wanted either items or itemsFile/],
    ['empty items', { items: [] }, /items: is empty: wanted at least one item \(got \[\]\)/],
    ['an empty prompt', { items: [{ prompt: '  ' }] }, /items\.0\.prompt: is empty; wanted text/],
    ['no prompt', { items: [{}] }, /items\.0\.prompt: is missing; wanted prompt or messages/],
    ['the same id twice', { items: ['a', 'a'].map((id) => ({ id, prompt: 'x' })) }, /items\.1\.id: "a" is there twice/],
    ['an unknown model', { items: [{ prompt: 'x', model: 'gpt' }] }, /the API knows no "gpt"; wanted one of claude-/],
    ['concurrency 0', { items: [{ prompt: 'x' }], concurrency: 0 }, /^concurrency: .*>=1 \(got 0\)/],
    ['an unknown field', { items: [{ prompt: 'x' }], promt: 1 }, /input: unknown field "promt"/],
    ['a file that is not there', { itemsFile: '/no/such/file' }, /itemsFile: cannot read \/no\/such\/file.*ENOENT/],
    ['a rerun of nothing', { rerunOf: 5 }, /^rerunOf: .*expected object.*got 5/],
    [
      'a rerun of an unknown run',
      { rerunOf: { root: { workflowId: 'a', firstRunId: 'b' }, run: 'b' } },
      /no stored plan/,
    ],
  ])('%s is refused by name, and nothing is asked', async (_, input, message) => {
    const failure = await failureOf(await stage.start('parallel', input))
    expect(failure.type).toBe('InvalidInput')
    expect(failure.message).toMatch(message)
    expect(posts()).toBe(0)
  })
})
