// Plan, price, approve: nothing is spent before a person said yes to exactly what is asked.
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Approval, Decided } from '../../src/contracts/messages.js'
import { type FutureModel, startFutureModel } from '../support/future-model.js'
import { resultOf } from '../support/run-result.js'
import { openStage, type Stage } from '../support/stage.js'
import { until } from '../support/until.js'

const ITEMS = [{ prompt: 'one' }, { prompt: 'two' }]
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
beforeEach(() => stage.simulator.resetJournal())

const posts = () => stage.simulator.journal().posts
const decide = (handle: WorkflowHandle, message: unknown, ...more: unknown[]) =>
  handle.executeUpdate<Decided, [unknown, ...unknown[]]>('decide', { args: [message, ...more] })
const refusal = async (handle: WorkflowHandle, message: unknown): Promise<string> => {
  const error = await decide(handle, message).then(
    (decided) => new Error(`it was accepted: ${JSON.stringify(decided)}`),
    (caught: Error) => caught.cause,
  )
  expect(error).toMatchObject({ type: 'AnswerRefused' })
  return (error as Error).message
}
/** What waits now. */
const open = async (handle: WorkflowHandle): Promise<Approval> => {
  const { approvals } = await stage.reach(handle, 'waiting')
  const last = approvals.at(-1)
  if (!last || last.answer) throw new Error(`no approval is open: ${JSON.stringify(approvals)}`)
  return last
}
const ask = async (more: object = {}): Promise<{ handle: WorkflowHandle; asked: Approval }> => {
  const handle = await stage.start('parallel', { items: ITEMS, confirm: 'always', ...more })
  return { handle, asked: await open(handle) }
}
/** Until an answer without a digest counts. */
const shown = (asked: Approval) =>
  until('the question to have been read', () => Date.now() - Date.parse(asked.openedAt) > 1100)
/** What was refused, once there is so much of it. */
const refused = (handle: WorkflowHandle, count: number) =>
  until(`${count} refusals`, async () => {
    const status = await stage.status(handle)
    return status.refused.length >= count && status.refused
  })

describe('a plan', () => {
  it('waits with its price when confirm is always, and asks the model nothing', async () => {
    const { handle, asked } = await ask()
    expect(asked).toMatchObject({ name: 'plan', title: expect.stringMatching(/^2 calls for \$\d/) })
    const { price, server, items } = await stage.status(handle)
    expect(price?.expectedUsd).toBeGreaterThan(0)
    expect(price?.worstUsd).toBeGreaterThan(price?.expectedUsd ?? Number.POSITIVE_INFINITY)
    expect(server).toBe('simulated')
    expect(items.map(({ status }) => status)).toEqual(['waiting', 'waiting'])
    expect(posts()).toBe(0)
    await decide(handle, { kind: 'approve', digest: asked.digest, by: 'reviewer' })
    expect((await resultOf(handle)).status).toBe('completed')
    expect(posts()).toBe(2)
  })

  it('is not asked about with confirm never, nor under the limit, but above it', async () => {
    const run = async (confirm: unknown) => stage.start('parallel', { items: ITEMS, confirm })
    for (const confirm of ['never', { overUsd: 1 }]) {
      const handle = await run(confirm)
      expect((await resultOf(handle)).status).toBe('completed')
      expect((await stage.status(handle)).approvals).toEqual([])
    }
    const handle = await run({ overUsd: 0.001 })
    const { digest } = await open(handle)
    await decide(handle, { kind: 'reject', digest })
    expect((await resultOf(handle)).status).toBe('rejected')
  })

  it('of unknown price counts as over any limit, and what it cost stays unknown', async () => {
    const items = [{ prompt: 'dear', model: future.model }]
    const handle = await stage.start('parallel', { items, confirm: { overUsd: 1_000_000 } }, { taskQueue: 'future' })
    const asked = await open(handle)
    expect(asked.title).toBe('one call for an unknown price')
    await decide(handle, { kind: 'approve', digest: asked.digest })
    expect(await resultOf(handle)).toMatchObject({ status: 'completed', usd: null, items: [{ usd: null }] })
    expect(future.asked()).toBe(1)
  })

  it('alone is the result of a dry run', async () => {
    const handle = await stage.start('parallel', { items: ITEMS, dryRun: true, confirm: 'always' })
    expect(await resultOf(handle)).toMatchObject({
      status: 'planned',
      usd: 0,
      items: [],
      plan: {
        title: '2 calls',
        server: 'simulated',
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        price: { expectedUsd: expect.any(Number), worstUsd: expect.any(Number), basis: expect.any(String) },
        items: [
          { id: '1', model: 'claude-sonnet-5-5' },
          { id: '2', model: 'claude-sonnet-5-5' },
        ],
      },
    })
    expect(posts()).toBe(0)
  })

  it('that is rejected spends nothing: every item is skipped, and who said no why is kept', async () => {
    const { handle, asked } = await ask()
    await decide(handle, { kind: 'reject', digest: asked.digest, by: 'reviewer', note: 'too dear' })
    const result = await resultOf(handle)
    expect(result).toMatchObject({ status: 'rejected', usd: 0, items: [{ status: 'skipped' }, { status: 'skipped' }] })
    const { approvals } = await stage.status(handle)
    expect(approvals[0]?.answer).toMatchObject({ kind: 'reject', by: 'reviewer', note: 'too dear' })
    expect((await handle.describe()).memo).toMatchObject({ status: 'rejected', waitingFor: '' })
    expect(posts()).toBe(0)
  })
})

describe('a revised plan', () => {
  it('has a new digest also when only the number of calls at once changed', async () => {
    const handle = await stage.start('parallel', { items: [{ prompt: 'how many at once' }], confirm: 'always' })
    const asked = await open(handle)
    await decide(handle, { kind: 'revise', digest: asked.digest, input: { concurrency: 2 } })
    const next = await open(handle)
    expect(next.digest).not.toBe(asked.digest)
    await decide(handle, { kind: 'reject', digest: next.digest })
  })

  it('has a new digest and is asked about whatever confirm says; the old digest is refused', async () => {
    const { handle, asked } = await ask()
    await decide(handle, { kind: 'revise', digest: asked.digest, input: { maxTokens: 10, confirm: 'never' } })
    const next = await until('the new plan', async () => {
      const { approvals } = await stage.status(handle)
      return approvals.length === 2 && approvals[1]
    })
    expect(next.digest).not.toBe(asked.digest)
    expect(await refusal(handle, { kind: 'approve', digest: asked.digest })).toMatch(/already answered: revise/)
    await handle.signal('approve', { digest: asked.digest })
    expect(await refused(handle, 1)).toMatchObject([{ message: 'approve', reason: expect.stringMatching(/already/) }])
    expect(posts()).toBe(0)
    await decide(handle, { kind: 'approve', digest: next.digest })
    const result = await resultOf(handle)
    expect(result.items.every(({ usage }) => usage.outputTokens <= 10)).toBe(true)
    expect(posts()).toBe(2)
  })

  it('is made from a patch alone, and null removes a field', async () => {
    const { handle, asked } = await ask({ maxTokens: 7 })
    await handle.signal('revise', { digest: asked.digest, maxTokens: null, items: [{ prompt: 'only' }] })
    const next = await until('the new plan', async () => (await stage.status(handle)).approvals[1])
    await decide(handle, { kind: 'approve', digest: next.digest })
    const result = await resultOf(handle)
    expect(result.items).toHaveLength(1)
    expect(result.items[0]?.usage.outputTokens).toBeGreaterThan(7)
  })

  it('is refused when the patch makes no sense, and the plan it was meant for is still open', async () => {
    const { handle, asked } = await ask()
    await decide(handle, { kind: 'revise', digest: asked.digest, input: { concurrency: 0 } })
    expect(await refused(handle, 1)).toMatchObject([
      { message: 'revise', reason: expect.stringMatching(/^concurrency: .*got 0/) },
    ])
    expect((await open(handle)).digest).toBe(asked.digest)
    await decide(handle, { kind: 'approve', digest: asked.digest })
    expect((await resultOf(handle)).status).toBe('completed')
  })

  it('needs a patch', async () => {
    const { handle, asked } = await ask()
    expect(await refusal(handle, { kind: 'revise', digest: asked.digest })).toMatch(/needs a patch/)
    await decide(handle, { kind: 'reject', digest: asked.digest })
  })
})

describe('an answer', () => {
  it('without a digest is refused in the first second, and counts afterwards', async () => {
    const { handle, asked } = await ask()
    await handle.signal('approve')
    expect(await refused(handle, 1)).toMatchObject([
      { reason: expect.stringMatching(/just been shown.*needs its digest/) },
    ])
    expect((await stage.status(handle)).status).toBe('waiting')
    await shown(asked)
    await handle.signal('approve', { by: 'reviewer' })
    expect((await resultOf(handle)).status).toBe('completed')
    expect((await stage.status(handle)).approvals[0]?.answer).toMatchObject({ kind: 'approve', by: 'reviewer' })
  })

  it('in advance is refused: the run still waits', async () => {
    const handle = await stage.client.workflow.signalWithStart('parallel', {
      workflowId: `in-advance-${Date.now()}`,
      taskQueue: 'ensemble',
      args: [{ items: ITEMS, confirm: 'always' }],
      signal: 'approve',
      signalArgs: [],
    })
    const asked = await open(handle)
    expect(await refused(handle, 1)).toMatchObject([
      { reason: expect.stringMatching(/nothing is approved in advance/) },
    ])
    await decide(handle, { kind: 'reject', digest: asked.digest })
  })

  it('with another digest or name is refused, and says what waits', async () => {
    const { handle, asked } = await ask()
    const other = 'f'.repeat(64)
    expect(await refusal(handle, { kind: 'approve', digest: other })).toContain(asked.digest)
    expect(await refusal(handle, { kind: 'approve', approval: 'tool', digest: asked.digest })).toMatch(
      /"tool".*open: plan/,
    )
    expect(await refusal(handle, { kind: 'sure' })).toMatch(
      /kind is "sure", wanted approve, reject, revise or raiseBudget/,
    )
    expect(posts()).toBe(0)
    await decide(handle, { kind: 'reject', digest: asked.digest })
  })

  it('that comes second or late is refused, and says who answered', async () => {
    stage.simulator.setRules([{ reply: { text: 'ok', delayMs: 700 } }])
    const { handle, asked } = await ask()
    await decide(handle, { kind: 'approve', digest: asked.digest, by: 'reviewer' })
    expect(await refusal(handle, { kind: 'reject', digest: asked.digest })).toMatch(
      /already answered: approve by reviewer/,
    )
    await handle.signal('reject', 'too late')
    expect(await refused(handle, 1)).toMatchObject([
      { message: 'reject', reason: expect.stringMatching(/got approve by reviewer/) },
    ])
    expect((await resultOf(handle)).status).toBe('completed')
    stage.simulator.setRules([])
  })

  it('that is accepted says what it decided', async () => {
    const { handle, asked } = await ask()
    const decided = await decide(handle, { kind: 'reject', digest: asked.digest, by: 'reviewer' }, 'surplus')
    expect(decided).toEqual({
      approval: 'plan',
      digest: asked.digest,
      kind: 'reject',
      by: 'reviewer',
      at: expect.stringMatching(/^\d{4}-.*Z$/),
    })
  })

  it('sent a hundred times under one id counts once, as update and as signal', async () => {
    const { handle, asked } = await ask()
    const message = { kind: 'revise', digest: asked.digest, input: { maxTokens: 9 }, id: 'm-1' }
    const answers = await Promise.all(Array.from({ length: 10 }, () => decide(handle, message)))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    await Promise.all(Array.from({ length: 100 }, () => handle.signal('revise', { ...message, kind: undefined })))
    const next = await until('the new plan', async () => (await stage.status(handle)).approvals[1])
    await handle.signal('approve', { digest: next.digest, id: 'm-2' })
    await handle.signal('approve', { digest: next.digest, id: 'm-2' })
    expect((await resultOf(handle)).status).toBe('completed')
    const { approvals, refused } = await stage.status(handle)
    expect(approvals).toHaveLength(2)
    expect(refused).toEqual([])
  })
})
