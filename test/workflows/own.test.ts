// What people's own workflow code is promised: the same outcomes, steering and prices as ours, on a worker of their own.
import { fileURLToPath } from 'node:url'
import { WorkflowUpdateFailedError } from '@temporalio/client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { RunResult } from '../../src/contracts/outcome.js'
import type { OwnResult } from '../../src/workflow.js'
import { failureOf, resultOf } from '../support/run-result.js'
import { openStage, type Stage } from '../support/stage.js'
import { until } from '../support/until.js'
import { requestsOf } from '../support/verify.js'

const WORKER = fileURLToPath(new URL('./own/worker.mjs', import.meta.url))
let stage: Stage

beforeAll(async () => {
  stage = await openStage({ workers: 0 })
  await stage.addWorker({ main: WORKER })
})
afterAll(() => stage.close())
beforeEach(() => {
  stage.simulator.setRules([])
  stage.simulator.resetJournal()
})

const run = async <O>(workflow: string, input: unknown = {}) =>
  (await resultOf(await stage.start(workflow, input))) as RunResult as OwnResult<O>
const refusalOf = async (sending: Promise<unknown>): Promise<string> => {
  const error = await sending.then(
    () => new Error('it was taken'),
    (error: unknown) => error,
  )
  return error instanceof WorkflowUpdateFailedError ? (error.cause?.message ?? '') : String(error)
}

describe("a person's own workflow", () => {
  it('makes calls, uses activities of its own, and ends with what it returned and what that cost', async () => {
    const { status, usd, items, output } = await run<{ loud: string; texts: string[]; ids: string[] }>('chain', {
      topic: 'tea',
    })
    expect(status).toBe('completed')
    expect(items.map(({ id }) => id)).toEqual(['first', 'call-1', 'first#2'])
    expect(items.every((item) => item.text === undefined && item.usage.outputTokens > 0)).toBe(true)
    expect(usd).toBeGreaterThan(0)
    expect(output?.loud).toBe('TEA')
    expect(output?.ids).toEqual(['call-1', 'first'])
    for (const text of output?.texts ?? []) expect(text).toContain('SIMULATED')
    expect(stage.simulator.journal().posts).toBe(3)
  })

  it('hosts ours beside it', async () => {
    expect((await run('parallel', { items: [{ prompt: 'hello' }] })).status).toBe('completed')
  })

  it('keeps its state apart from others of its kind at the same time', async () => {
    const topics = ['north', 'east', 'south', 'west']
    const results = await Promise.all(topics.map((topic) => run<{ loud: string }>('chain', { topic })))
    expect(results.map(({ output }) => output?.loud)).toEqual(topics.map((topic) => topic.toUpperCase()))
    for (const { items } of results) expect(items.map(({ id }) => id)).toEqual(['first', 'call-1', 'first#2'])
    expect(stage.simulator.journal().posts).toBe(12)
  })

  it('gives each of its fan-outs a cache of its own: one write, the others read', async () => {
    const shared = ['red ', 'blue '].map((word) => word.repeat(6000))
    const { status, items, savedUsd } = await run('twice', { shared })
    expect(status).toBe('completed')
    expect(items).toHaveLength(8)
    for (const prefix of ['t0', 't1']) {
      const usages = requestsOf(stage, prefix).map(({ usage }) => usage)
      expect(usages.filter((usage) => (usage?.cache_creation_input_tokens ?? 0) > 0)).toHaveLength(1)
      expect(usages.filter((usage) => (usage?.cache_read_input_tokens ?? 0) > 0)).toHaveLength(3)
    }
    expect(savedUsd).toBeGreaterThan(0)
  })

  it('goes on where it was on another worker, and pays for no answer twice', async () => {
    const handle = await stage.start('halfway', {})
    const { approvals } = await stage.reach(handle, 'waiting')
    await stage.workers[0]?.terminate()
    await stage.addWorker({ main: WORKER })
    await handle.signal('approve', { digest: approvals[0]?.digest })
    expect(await handle.result()).toMatchObject({ status: 'completed', output: ['call-1', 'call-2'] })
    expect(stage.simulator.journal().posts).toBe(2)
  })
})

describe('its questions', () => {
  it('take an answer that fits their schema, and refuse any other with the reasons', async () => {
    const handle = await stage.start('ask', {})
    const { approvals } = await stage.reach(handle, 'waiting')
    expect(approvals[0]).toMatchObject({ title: 'How much?', own: { details: { most: 100 }, wantsInput: true } })
    const digest = approvals[0]?.digest
    const decide = (more: object) => handle.executeUpdate('decide', { args: [{ kind: 'approve', digest, ...more }] })
    expect(await refusalOf(decide({ input: { amount: 500 } }))).toMatch(/^input: amount: .*100/)
    expect(await refusalOf(decide({}))).toMatch(/^input: .*expected object/i)
    expect(await refusalOf(decide({ kind: 'revise', input: { amount: 1 } }))).toMatch(/takes no revision/)
    await handle.signal('approve', { digest, amount: 'ten' })
    const { refused } = await until('the signal to be refused', async () => {
      const status = await stage.status(handle)
      return status.refused.length > 0 && status
    })
    expect(refused[0]?.reason).toMatch(/^input: amount: /)
    await decide({ input: { amount: 42 }, by: 'reviewer' })
    expect(await handle.result()).toMatchObject({ status: 'completed', output: '42 to everybody, says reviewer' })
  })

  it('are answered by no, and by the end of the run', async () => {
    const no = await stage.start('ask', {})
    const { approvals } = await stage.reach(no, 'waiting')
    await no.signal('reject', { digest: approvals[0]?.digest, note: 'never' })
    expect(await no.result()).toMatchObject({ output: 'rejected' })
    const stopped = await stage.start('ask', {})
    await stage.reach(stopped, 'waiting')
    await stopped.signal('interrupt')
    expect(await stopped.result()).toMatchObject({ status: 'interrupted', output: 'interrupted' })
  })

  it('ask about the price of a fan-out where that is wanted', async () => {
    const handle = await stage.start('priced', {})
    const { approvals } = await stage.reach(handle, 'waiting')
    expect(approvals[0]?.title).toMatch(/^2 calls for \$/)
    expect(stage.simulator.journal().posts).toBe(0)
    await handle.signal('reject', { digest: approvals[0]?.digest })
    expect(await handle.result()).toMatchObject({ status: 'rejected', output: ['skipped', 'skipped'], usd: 0 })
  })
})

describe('its interruption', () => {
  it('ends a wait that is no call, makes no further call, and leaves the code to finish', async () => {
    const handle = await stage.start('patient', {})
    await stage.reach(handle, 'running')
    await handle.signal('interrupt')
    expect(await handle.result()).toMatchObject({
      status: 'interrupted',
      output: { slept: { interrupted: true }, requested: true, late: 'skipped' },
    })
    expect(stage.simulator.journal().posts).toBe(0)
  })

  it('of one scope keeps to that scope', async () => {
    stage.simulator.setRules([{ match: { prompt: 'hasty' }, reply: { delayMs: 60_000 } }])
    const { status, output } = await run('hasty')
    expect(output).toEqual(['interrupted', 'interrupted', 'skipped', 'ok'])
    expect(status).toBe('partial')
  })

  it('falls to calls that nobody waits for, so that none is paid behind a run that is over', async () => {
    stage.simulator.setRules([{ match: { prompt: 'forgotten' }, reply: { text: 'slowly said', delayMs: 60_000 } }])
    const { status, items } = await run('careless')
    expect(status).toBe('partial')
    expect(Object.fromEntries(items.map((item) => [item.id, item.status]))).toEqual({
      forgotten: 'interrupted',
      heard: 'ok',
    })
    await until('the request to be closed', () => stage.simulator.journal().inFlight === 0)
  })

  it("by Temporal's own cancellation ends the run as cancelled", async () => {
    const handle = await stage.start('patient', {})
    await stage.reach(handle, 'running')
    await handle.cancel()
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } })
  })
})

describe('its conversations', () => {
  const says = (text: string) => ({ match: { prompt: `talk ${text}` }, reply: { text: `heard ${text}` } })

  it('answer in order, remember what was said, and forget it when they are cleared', async () => {
    stage.simulator.setRules(['one', 'two', 'three', 'anew'].map(says))
    const { status, output, items } = await run<{ all: string[][]; said: number }>('talk')
    expect(output).toEqual({
      all: ['one', 'two', 'three', 'anew'].map((text, index) => [`agent/${index + 1}`, 'ok', `heard ${text}`]),
      said: 3,
    })
    expect(status).toBe('completed')
    expect(items.map(({ id, text }) => [id, text])).toEqual([1, 2, 3, 4].map((turn) => [`agent/${turn}`, undefined]))
    const sizes = requestsOf(stage, 'talk').map(({ usage }) => usage?.input_tokens ?? 0)
    expect(sizes[1]).toBeGreaterThan(sizes[0] ?? 0)
    expect(sizes[2]).toBeGreaterThan(sizes[1] ?? 0)
    expect(sizes[3]).toBeLessThan(sizes[1] ?? 0)
  })

  it('keep the part of an answer that was interrupted, by its id, and go on', async () => {
    const slowly = { text: 'slowly it says this and that, '.repeat(20), delayMs: 30_000 }
    stage.simulator.setRules([{ match: { prompt: 'talk two' }, reply: slowly }, ...['one', 'three', 'anew'].map(says)])
    const handle = await stage.start('talk', {})
    await until('the second answer to begin', () => requestsOf(stage, 'talk two')[0]?.firstByteAt !== undefined)
    await handle.signal('interrupt', 'agent/2')
    const { status, output } = (await resultOf(handle)) as RunResult as OwnResult<{ all: string[][] }>
    expect(status).toBe('partial')
    expect(output?.all.map(([, turn]) => turn)).toEqual(['ok', 'interrupted', 'ok', 'ok'])
  })
})

describe('its mistakes', () => {
  it('that cannot be asked fail the run with the reason, before any call', async () => {
    const failure = async (name: string) => failureOf(await stage.start(name, {}))
    expect(await failure('misuse')).toMatchObject({
      type: 'InvalidInput',
      message: expect.stringMatching(/"a" is there twice/),
    })
    expect(await failure('empty')).toMatchObject({
      type: 'InvalidInput',
      message: expect.stringMatching(/prompt: is empty/),
    })
    expect(await failure('bare')).toMatchObject({
      type: 'InvalidInput',
      message: expect.stringMatching(/inside workflow/),
    })
    expect(await failure('mute')).toMatchObject({ type: 'InvalidInput', message: expect.stringMatching(/is empty/) })
    expect(stage.simulator.journal().posts).toBe(0)
  })

  it('in what its calls come to are results; when none is ok the run has failed, and says what it returned', async () => {
    stage.simulator.setRules([{ match: { prompt: 'doomed' }, fault: { kind: '400' } }])
    expect(await run('tried')).toMatchObject({ status: 'failed', output: 'BadRequest', items: [{ id: 'call-1' }] })
  })

  it('do not count where nothing was asked', async () => {
    expect(await run('silent')).toMatchObject({ status: 'completed', output: 'nothing asked', items: [], usd: 0 })
  })
})
