// A budget holds whatever becomes of the worker, and however often the run continues as new.
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Approval, Decided } from '../../../src/contracts/messages.js'
import { resultOf } from '../../support/run-result.js'
import { openStage, type Stage } from '../../support/stage.js'
import { until } from '../../support/until.js'
import { requestsOf, verifyHistory } from '../../support/verify.js'

let stage: Stage

beforeAll(async () => {
  stage = await openStage({ workers: 0 })
  stage.simulator.setRules([{ match: { prompt: 'held', attempt: 1 }, fault: { kind: 'stall', at: 40 } }])
})
afterAll(() => stage.close())

const open = (handle: WorkflowHandle): Promise<Approval> =>
  until('a question about money', async () => {
    const { approvals } = await stage.status(handle)
    return approvals.find(({ budget, answer }) => budget && !answer)
  })
const decide = (handle: WorkflowHandle, message: unknown) =>
  handle.executeUpdate<Decided, [unknown]>('decide', { args: [message] })

describe('a budget', () => {
  it('counts a call whose worker was killed at the worst it may have cost, and asks before it is made again', async () => {
    const first = await stage.addWorker()
    const items = [{ id: 'only', prompt: 'held for ever', maxTokens: 1000 }]
    const handle = await stage.start('parallel', { items, confirm: 'never', budgetUsd: 0.015 })
    await until('the call', () => requestsOf(stage, 'held').length === 1)
    await first.kill()
    await stage.addWorker()
    const question = await open(handle)
    expect(question.budget).toMatchObject({ for: 'only again', capUsd: 0.015 })
    // What it may have cost is what another attempt may cost.
    expect(question.budget?.spentUsd).toBeCloseTo(question.budget?.needsUsd ?? 0, 6)
    expect(requestsOf(stage, 'held')).toHaveLength(1)
    await decide(handle, { kind: 'approve', digest: question.digest })
    const result = await resultOf(handle)
    expect(result.items[0]).toMatchObject({ status: 'ok', attempts: 2 })
    expect(result.budget?.spentUsd).toBeGreaterThan(result.usd ?? 0)
    expect(requestsOf(stage, 'held')).toHaveLength(2)
    await verifyHistory(handle)
  })

  it('goes on where it was when the run continues as new, and is exhausted there', async () => {
    const items = Array.from({ length: 520 }, (_, index) => ({
      id: `n${index}`,
      prompt: `count ${index}`,
      maxTokens: 50,
    }))
    const handle = await stage.start('parallel', { items, confirm: 'never', concurrency: 40, budgetUsd: 5 })
    const dear = await stage.start('parallel', { items, confirm: 'never', dryRun: true })
    const { plan } = await resultOf(dear)
    expect(plan?.price.worstUsd).toBeLessThan(5)
    const { usd } = await resultOf(handle)
    // The last ten of as many calls do not fit any more.
    const capUsd = (usd ?? 0) * (510 / 520)
    const tight = await stage.start('parallel', { items, confirm: 'never', concurrency: 40, budgetUsd: capUsd })
    const question = await open(tight)
    const { firstExecutionRunId } = tight as WorkflowHandle & { firstExecutionRunId?: string }
    expect((await tight.describe()).runId).not.toBe(firstExecutionRunId)
    const { budget, items: states } = await stage.status(tight)
    const made = states.filter(({ status }) => status === 'ok').length
    expect(made).toBeGreaterThan(500)
    expect(made).toBeLessThan(520)
    expect(budget).toMatchObject({ capUsd, reservedUsd: 0 })
    expect(budget?.spentUsd).toBeLessThanOrEqual(capUsd)
    await decide(tight, { kind: 'raiseBudget', usd: 5 })
    const result = await resultOf(tight)
    expect(result.status).toBe('completed')
    expect(result.budget?.spentUsd).toBeCloseTo(result.usd ?? 0, 6)
    expect(question.budget?.capUsd).toBe(capUsd)
  })
})
