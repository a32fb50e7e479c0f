// Many calls of one run: the first of those that share a text goes ahead of the others, and thousands of them are one
// run, however many executions it takes.
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Decided } from '../../src/contracts/messages.js'
import type { RerunOf } from '../../src/contracts/plan.js'
import type { ParallelInput } from '../../src/contracts/schemas/index.js'
import { resultOf } from '../support/run-result.js'
import { openStage, type Stage } from '../support/stage.js'
import { until } from '../support/until.js'

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())
beforeEach(() => stage.simulator.resetJournal())

let texts = 0
/** A text no earlier test has put into the cache. */
const shared = (bytes: number) => `Shared text ${++texts}. `.padEnd(bytes, 'The same words for every call. ')
const start = (input: ParallelInput) => stage.start('parallel', { confirm: 'never', ...input })
const asked = (prompt: string) => stage.simulator.journal().requests.filter(({ promptHead }) => promptHead === prompt)
const writesAndReads = () => {
  const usages = stage.simulator.journal().requests.map(({ usage }) => usage)
  return [
    usages.filter((usage) => (usage?.cache_creation_input_tokens ?? 0) > 0).length,
    usages.filter((usage) => (usage?.cache_read_input_tokens ?? 0) > 0).length,
  ]
}

describe('calls that share a text', () => {
  it('write it to the cache once and read it nineteen times, all started together', async () => {
    stage.simulator.setRules([{ reply: { text: 'ok', firstTokenMs: 200, tokensPerSecond: 20 } }])
    const items = Array.from({ length: 20 }, (_, index) => ({ prompt: `sibling ${index}` }))
    const result = await resultOf(await start({ items, sharedSystem: shared(100_000), concurrency: 20 }))
    expect(result.status).toBe('completed')
    expect(writesAndReads()).toEqual([1, 19])
    const [leader, ...siblings] = stage.simulator.journal().requests
    expect(Math.min(...siblings.map(({ at }) => at))).toBeGreaterThanOrEqual(leader?.firstByteAt ?? Number.NaN)
    expect(Math.max(...siblings.map(({ at }) => at)) - (leader?.firstByteAt ?? 0)).toBeLessThan(1000)
    expect(result.savedUsd).toBeGreaterThan(0)
    expect(result.usage.cacheReadTokens).toBe(19 * result.usage.cacheWrite5mTokens)
  })

  it('do not wait for a leader whose first attempt failed', async () => {
    stage.simulator.setRules([{ match: { prompt: 'leader', attempt: 1 }, fault: { kind: '529', retryAfter: 2 } }])
    const items = ['leader', 'second', 'third'].map((prompt) => ({ prompt }))
    const result = await resultOf(await start({ items, sharedSystem: shared(10_000) }))
    expect(result.items.map(({ status, attempts }) => [status, attempts])).toEqual([
      ['ok', 2],
      ['ok', 1],
      ['ok', 1],
    ])
    const [failed, retried] = asked('leader')
    for (const prompt of ['second', 'third']) {
      expect(asked(prompt)[0]?.at).toBeGreaterThanOrEqual(failed?.at ?? Number.NaN)
      expect(asked(prompt)[0]?.at).toBeLessThan((retried?.at ?? Number.NaN) - 500)
    }
  })

  it('have another leader when the first one was answered from the journal', async () => {
    stage.simulator.setRules([{ match: { prompt: 'later' }, fault: { kind: '400' } }])
    const items = ['now', 'later b', 'later c'].map((prompt) => ({ prompt }))
    const first = await start({ items, sharedSystem: shared(10_000) })
    expect((await resultOf(first)).status).toBe('partial')
    stage.simulator.setRules([{ reply: { text: 'ok', firstTokenMs: 300 } }])
    stage.simulator.resetJournal()
    const root = { workflowId: first.workflowId, firstRunId: (await first.describe()).runId }
    const rerunOf: RerunOf = { root, run: root.firstRunId }
    expect((await resultOf(await stage.start('parallel', { rerunOf }))).status).toBe('completed')
    expect(asked('now')).toEqual([])
    expect(asked('later c')[0]?.at).toBeGreaterThanOrEqual(asked('later b')[0]?.firstByteAt ?? Number.NaN)
  })

  it('have a leader for each model', async () => {
    stage.simulator.setRules([{ reply: { text: 'ok', firstTokenMs: 100 } }])
    const items = ['haiku', 'sonnet', 'haiku', 'sonnet'].map((model) => ({ prompt: `to ${model}`, model }))
    await resultOf(await start({ items, sharedSystem: shared(10_000) }))
    expect(writesAndReads()).toEqual([2, 2])
  })

  it.each([
    ['is below the minimum of its model', 'short', 3, /it has \d+ tokens, claude-sonnet-5-5 caches from 512/],
    ['is used once', shared(10_000), 1, /with 1 call of claude-sonnet-5-5 writing the cache costs more than it saves/],
  ])('are not cached when it %s, and the plan says so where caching was asked for', async (_, text, count, why) => {
    stage.simulator.setRules([])
    const items = Array.from({ length: count }, (_, index) => ({ prompt: `uncached ${index}` }))
    const wanted = await start({ items, sharedSystem: text, cacheSharedSystem: true })
    expect((await resultOf(wanted)).status).toBe('completed')
    expect(writesAndReads()).toEqual([0, 0])
    expect((await stage.status(wanted)).warnings).toEqual([expect.stringMatching(why)])
    const byDefault = await start({ items, sharedSystem: text })
    await resultOf(byDefault)
    expect((await stage.status(byDefault)).warnings).toEqual([])
  })
})

describe('a run of two thousand items', () => {
  it('takes four executions, asks each once, keeps their order, and knows its messages all along', async () => {
    stage.simulator.setRules([{ reply: { text: 'answer to {prompt}' } }])
    const items = Array.from({ length: 2000 }, (_, index) => ({ id: `i${index}`, prompt: `n${index}` }))
    const handle = await stage.start('parallel', { items, confirm: 'always', concurrency: 100 })
    const { approvals } = await stage.reach(handle, 'waiting')
    const message = { kind: 'approve', digest: approvals[0]?.digest, by: 'reviewer', id: 'm-1' }
    const decide = () => handle.executeUpdate<Decided, [unknown]>('decide', { args: [message] })
    const decided = await decide()
    const executions = await runsOf(handle, 2)
    expect(executions.length).toBeGreaterThanOrEqual(2)
    await handle.signal('pause', { id: 'm-2' })
    expect(await decide()).toEqual(decided)
    await stage.reach(handle, 'paused')
    await handle.signal('resume', { id: 'm-3' })
    await handle.signal('pause', { id: 'm-2' })
    const result = await resultOf(handle)
    expect(result.status).toBe('completed')
    expect(result.items.map(({ id, text }) => [id, text])).toEqual(
      items.map(({ id, prompt }) => [id, `answer to ${prompt}`]),
    )
    expect(stage.simulator.journal()).toMatchObject({ posts: 2000, answered: 2000 })
    expect(stage.simulator.journal().maxInFlight).toBeLessThanOrEqual(100)
    expect(await runsOf(handle, 4)).toHaveLength(4)
    expect((await handle.describe()).memo).toMatchObject({ status: 'completed' })
  })
})

/** The executions of a run, once there are so many. */
function runsOf(handle: WorkflowHandle, count: number): Promise<string[]> {
  return until(`${count} executions`, async () => {
    const ids: string[] = []
    const found = stage.client.workflow.list({ query: `WorkflowId = '${handle.workflowId}'` })
    for await (const { runId } of found) ids.push(runId)
    return ids.length >= count && ids
  })
}
