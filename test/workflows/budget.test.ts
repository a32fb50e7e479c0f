// A run that may cost so much and no more: calls are made while the worst they can cost fits, then it waits for a person,
// whatever happens to its worker meanwhile.
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Approval, Decided } from '../../src/contracts/messages.js'
import type { ParallelResult } from '../../src/contracts/outcome.js'
import { type FutureModel, startFutureModel } from '../support/future-model.js'
import { resultOf } from '../support/run-result.js'
import { openStage, type Stage } from '../support/stage.js'
import { until } from '../support/until.js'
import { verifyHistory } from '../support/verify.js'

let stage: Stage
let future: FutureModel

beforeAll(async () => {
  stage = await openStage()
  future = await startFutureModel(stage.simulator.url)
  await stage.addWorker({ baseUrl: future.url, taskQueue: 'future' })
})
afterAll(async () => {
  await stage.close()
  await future.close()
})
beforeEach(() => {
  stage.simulator.resetJournal()
  // Nearly as dear as an answer of these calls can be.
  const dear = { text: 'done', usage: { output_tokens: 900 } }
  stage.simulator.setRules([
    { match: { prompt: 'slow' }, reply: { ...dear, delayMs: 500 } },
    { match: { prompt: 'cut', attempt: 1 }, fault: { kind: 'cut', at: 50 } },
    { reply: dear },
  ])
})

const posts = () => stage.simulator.journal().posts
const decide = (handle: WorkflowHandle, message: unknown) =>
  handle.executeUpdate<Decided, [unknown]>('decide', { args: [message] })
const items = (count: number, prompt = 'say') =>
  Array.from({ length: count }, (_, index) => ({
    id: `i${index + 1}`,
    prompt: `${prompt} ${index + 1}`,
    maxTokens: 1000,
  }))
/** The most one of these calls may cost, nearly: an answer of 1,000 tokens, and a short prompt. */
const WORST = 0.01003

/** The question about money that is open now. */
const asked = (handle: WorkflowHandle) =>
  until('a question about money', async () => {
    const { approvals, status } = await stage.status(handle)
    const open = approvals.find(({ budget, answer }) => budget && !answer)
    return status === 'waiting' && open
  })
const start = (more: object) => stage.start('parallel', { confirm: 'never', concurrency: 4, ...more })
const needs = ({ budget }: Approval) => budget?.needsUsd ?? Number.NaN

describe('a budget that is exhausted in the middle of a fan-out', () => {
  it('makes no further call and waits; a raised cap lets it go on as far as it fits', async () => {
    const handle = await start({ items: items(12), budgetUsd: 2.5 * WORST, concurrency: 1 })
    const question = await asked(handle)
    expect(posts()).toBe(2)
    expect(question.title).toMatch(/^spent \$\d.*, needs \$\d.* more of a cap of \$0\.03$/)
    expect(question.budget?.spentUsd).toBeLessThanOrEqual(2.5 * WORST)
    expect((question.budget?.spentUsd ?? 0) + needs(question)).toBeGreaterThan(2.5 * WORST)
    const { budget, usd } = await stage.status(handle)
    expect(budget).toEqual({ capUsd: 2.5 * WORST, spentUsd: usd, reservedUsd: 0 })
    await handle.signal('raiseBudget', { usd: 1, by: 'treasurer' })
    const result = (await resultOf(handle)) as ParallelResult
    expect(result).toMatchObject({ status: 'completed', budget: { capUsd: 1, spentUsd: result.usd, reservedUsd: 0 } })
    expect(posts()).toBe(12)
    const { approvals } = await stage.status(handle)
    expect(approvals[0]?.answer).toMatchObject({ kind: 'raiseBudget', by: 'treasurer', note: 'to $1.00' })
    await verifyHistory(handle)
  })

  it('goes on by exactly one call when what is asked is approved', async () => {
    const handle = await start({ items: items(3), budgetUsd: WORST / 100 })
    for (const count of [1, 2, 3]) {
      const question = await asked(handle)
      expect(posts()).toBe(count - 1)
      await decide(handle, { kind: 'approve', digest: question.digest, by: 'treasurer' })
      await until('the call', async () => posts() === count)
      const { budget } = await stage.status(handle)
      expect(budget?.capUsd).toBeCloseTo((question.budget?.spentUsd ?? 0) + needs(question), 6)
    }
    expect((await resultOf(handle)).status).toBe('completed')
  })

  it('skips the rest when a person allows no more, and the run is partial', async () => {
    const handle = await start({ items: items(8), budgetUsd: 2.5 * WORST, concurrency: 1 })
    const question = await asked(handle)
    await decide(handle, { kind: 'reject', digest: question.digest, note: 'enough' })
    const result = await resultOf(handle)
    expect(result.status).toBe('partial')
    expect(result.items.map(({ status }) => status)).toEqual(['ok', 'ok', ...Array(6).fill('skipped')])
    expect(posts()).toBe(2)
    await verifyHistory(handle)
  })

  it('rejected before anything was asked is a rejected run', async () => {
    const handle = await start({ items: items(2), budgetUsd: 0.000001 })
    const question = await asked(handle)
    await handle.signal('reject', { digest: question.digest })
    expect(await resultOf(handle)).toMatchObject({ status: 'rejected', usd: 0 })
    expect(posts()).toBe(0)
  })

  it('is interrupted like any other run, and one item of it alone', async () => {
    const handle = await start({ items: items(3), budgetUsd: 0.000001 })
    await asked(handle)
    await handle.signal('interrupt', 'i1')
    await until('the next one to be asked about', async () => {
      const { approvals } = await stage.status(handle)
      return approvals.find(({ budget, answer }) => budget?.for === 'i2' && !answer)
    })
    await handle.signal('interrupt')
    const result = await resultOf(handle)
    expect(result.status).toBe('interrupted')
    expect(result.items.map(({ status }) => status)).toEqual(['interrupted', 'skipped', 'skipped'])
    expect(posts()).toBe(0)
  })
})

describe('a budget', () => {
  it('lets calls at once begin only as far as their worst fits together', async () => {
    const handle = await start({ items: items(8, 'slow'), budgetUsd: 3.5 * WORST, concurrency: 8 })
    await until('three to run', async () =>
      (await stage.status(handle)).items.some(({ status }) => status === 'running'),
    )
    const seen = await stage.status(handle)
    expect(seen.items.filter(({ status }) => status === 'running')).toHaveLength(3)
    expect(seen.budget?.reservedUsd).toBeGreaterThan(2 * WORST * 0.9)
    await handle.signal('raiseBudget', 1)
    expect((await resultOf(handle)).status).toBe('completed')
  })

  it('counts what a failed attempt cost, and sets aside more before the call is made again', async () => {
    const handle = await start({ items: items(1, 'cut'), budgetUsd: 0.000001 })
    const first = await asked(handle)
    await decide(handle, { kind: 'approve', digest: first.digest })
    const question = await until('another question', async () => {
      const { approvals } = await stage.status(handle)
      return approvals.find(({ budget, answer }) => budget?.for === 'i1 again' && !answer)
    })
    // Refused by its digest: what is asked now is something else.
    await expect(decide(handle, { kind: 'approve', digest: first.digest })).rejects.toThrow()
    expect(question.budget?.spentUsd).toBeGreaterThan(0)
    expect(posts()).toBe(1)
    await decide(handle, { kind: 'approve', digest: question.digest })
    const result = await resultOf(handle)
    expect(result.items[0]).toMatchObject({ status: 'ok', attempts: 2 })
    expect(result).toMatchObject({ status: 'completed', budget: { spentUsd: result.usd } })
  })

  it('asks about a call of unknown price', async () => {
    const handle = await stage.start(
      'parallel',
      { items: [{ prompt: 'dear', model: future.model }], confirm: 'never', budgetUsd: 100 },
      { taskQueue: 'future' },
    )
    const question = await asked(handle)
    expect(question.title).toBe('spent $0.00, the next call has an unknown price, of a cap of $100.00')
    await decide(handle, { kind: 'approve', digest: question.digest })
    expect(await resultOf(handle)).toMatchObject({ status: 'completed', budget: { spentUsd: 0, unknown: true } })
  })

  it('is raised ahead of time, never lowered, and refuses nonsense with the reason', async () => {
    const handle = await start({ items: items(2), budgetUsd: 0.000001 })
    const question = await asked(handle)
    const refused = async (message: object) => {
      const error = await decide(handle, { kind: 'raiseBudget', ...message }).catch((caught: Error) => caught)
      return (error as Error).cause
    }
    expect(await refused({ usd: 'much' })).toMatchObject({
      message: expect.stringContaining('"much"; wanted the new cap'),
    })
    expect(await refused({})).toMatchObject({ message: expect.stringContaining('wanted the new cap in dollars') })
    expect(await refused({ usd: 0.0000001 })).toMatchObject({
      message: expect.stringContaining('already: wanted more'),
    })
    // Not enough yet: asked again, with what is asked now.
    for (let sent = 0; sent < 100; sent++) await handle.signal('raiseBudget', { usd: 0.000002, id: 'once' })
    expect(await decide(handle, { kind: 'raiseBudget', usd: 2, id: 'once' })).toMatchObject({ digest: question.digest })
    const again = await asked(handle)
    expect(again.budget).toMatchObject({ capUsd: 0.000002 })
    const { approvals, refused: list } = await stage.status(handle)
    expect([approvals.length, list]).toEqual([2, []])
    expect(await decide(handle, { kind: 'raiseBudget', usd: 2 })).toMatchObject({ digest: again.digest })
    expect(await resultOf(handle)).toMatchObject({ status: 'completed', budget: { capUsd: 2 } })
  })

  it('is refused where there is none', async () => {
    const late = await start({ items: items(1), confirm: 'always' })
    await stage.reach(late, 'waiting')
    await late.signal('raiseBudget', 5)
    await until('the refusal', async () =>
      (await stage.status(late)).refused.some(({ reason }) => /no budget/.test(reason)),
    )
    await late.signal('interrupt')
    await resultOf(late)
  })
})
