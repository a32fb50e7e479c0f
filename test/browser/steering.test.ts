// A person with nothing but the Temporal Web UI: reads what a run will do and cost, answers it from the form, stops it.
// A real Chromium, the real UI, a real worker; what the run did is asked of the run, not of the page.
import type { WorkflowHandle } from '@temporalio/client'
import { CancelledFailure, WorkflowFailedError } from '@temporalio/client'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { connectTo } from '../../src/client/ensemble.js'
import type { StatusReport } from '../../src/contracts/messages.js'
import { items } from '../support/items.js'
import { resultOf } from '../support/run-result.js'
import { openStage, type Stage } from '../support/stage.js'
import { until } from '../support/until.js'
import { inFlight, requestsOf } from '../support/verify.js'
import { openBrowser, openRunPage, type RunPage } from './web-ui.js'

let stage: Stage
let browser: Browser
let ui: RunPage

beforeAll(async () => {
  stage = await openStage()
  stage.simulator.setRules([{ match: { prompt: 'slow' }, reply: { text: 'too late', delayMs: 60_000 } }])
  browser = await openBrowser()
})
afterAll(async () => {
  await browser.close()
  await stage.close()
})
beforeEach(() => async () => ui.page.close())

/** Starts a run that asks first, and opens its page. */
async function ask(prompt: string, count: number, more: object = {}): Promise<WorkflowHandle> {
  const handle = await stage.start('parallel', { items: items(prompt, count), confirm: 'always', ...more })
  await reachQuestion(handle)
  ui = await openRunPage(browser, stage.server.webUrl, handle.workflowId)
  return handle
}

/** Until the run asks, and an answer without a digest counts. */
async function reachQuestion(handle: WorkflowHandle): Promise<StatusReport> {
  const status = await stage.reach(handle, 'waiting')
  const openedAt = Date.parse(status.approvals.at(-1)?.openedAt ?? '')
  await until('the question to have been read', () => Date.now() - openedAt > 1100)
  return status
}

const answers = async (handle: WorkflowHandle) =>
  (await stage.status(handle)).approvals.map(({ name, answer }) => ({ name, kind: answer?.kind, by: answer?.by }))

/** Until calls of this prompt are at the model server. */
const asked = (prompt: string, count: number) =>
  until(`${count} requests in flight`, () => inFlight(requestsOf(stage, prompt)).length === count)

it('a review shows its plan, price and agents, and goes on after an approve with no input', async () => {
  const ensemble = await connectTo({
    address: stage.server.address,
    namespace: 'default',
    taskQueue: 'ensemble',
    storeDir: stage.home,
  })
  const files = [{ path: 'pay.ts', text: 'export const pay = (sum: any) => eval(sum)\n' }]
  const run = await ensemble.start('review', { files, experts: ['security', 'tests'], confirm: 'always' })
  await ensemble.close()
  const handle = stage.client.workflow.getHandle(run.id)
  const { price, approvals } = await reachQuestion(handle)
  ui = await openRunPage(browser, stage.server.webUrl, run.id)

  const plan = await ui.details('waiting for your answer', 'SIMULATED', 'security, tests on 1 file for $0.')
  expect(plan).toContain(approvals[0]?.digest)
  expect(plan).toContain(`expected $${price?.expectedUsd?.toFixed(2)}, worst $${price?.worstUsd?.toFixed(2)}`)
  expect(plan).toContain('More Actions → Send a Signal')
  expect(plan).toMatch(/approve with no input.*\n.*reject with no input, or a reason.*\n.*revise with a patch/)
  expect(plan).toMatch(/\n2 waiting · spent \$0\.00 · cache saved \$0\.00$/)
  expect(await ui.lastLineVisible()).toBe(true)
  expect(await ui.agents()).toEqual([
    ['security', 'claude-sonnet-5-5', 'waiting', '', ''],
    ['tests', 'claude-sonnet-5-5', 'waiting', '', ''],
  ])

  await ui.signal('approve')
  expect((await resultOf(handle)).status).toBe('completed')
  expect(await answers(handle)).toEqual([{ name: 'plan', kind: 'approve', by: 'unknown' }])
  await ui.details('completed · security, tests on 1 file · SIMULATED', 'approve by unknown', '3 ok · spent $0.')
  expect((await ui.agents()).map(([id, , state]) => [id, state])).toEqual([
    ['security', 'ok'],
    ['tests', 'ok'],
    ['summary', 'ok'],
  ])
  await ui.history('Completed', 'review · 1 files · 2 experts', 'security · sonnet-5-5', 'summary · sonnet-5-5')
  expect(run.id).toMatch(/^review-\d{6}-[a-z0-9]{6}$/)
})

it('an approve with {"by":"reviewer"} says who it was', async () => {
  const handle = await ask('named', 3)
  await ui.details('3 calls for $0.')
  await ui.signal('approve', '{"by":"reviewer"}')
  expect((await resultOf(handle)).status).toBe('completed')
  expect(await answers(handle)).toEqual([{ name: 'plan', kind: 'approve', by: 'reviewer' }])
  await ui.details('completed', 'Answer to plan: approve by reviewer at 20', '3 ok · spent $0.')
})

it('a reject ends the run with nothing spent, and its reason is shown as it was typed', async () => {
  const handle = await ask('dear', 2)
  const reason = 'too *dear*: $5 | $6 <b>for</b> `this` [x](y) \\( 1 \\)'
  await ui.signal('reject', JSON.stringify({ by: 'reviewer', note: reason }))
  expect(await resultOf(handle)).toMatchObject({ status: 'rejected', usd: 0 })
  expect(await answers(handle)).toEqual([{ name: 'plan', kind: 'reject', by: 'reviewer' }])
  await ui.details('rejected', `reject by reviewer at 20`, `: ${reason}`, '2 skipped · spent $0.00')
  expect(requestsOf(stage, 'dear')).toEqual([])
})

it('a revise makes a new plan, and what is refused is listed with its reason', async () => {
  const handle = await ask('changed', 2)
  await ui.signal('revise', '{"concurrency": 0}')
  await ui.details('Refused (1)', 'concurrency: ', 'got 0')
  const [first] = (await stage.status(handle)).approvals
  await ui.signal('revise', `{"items": [{"prompt": "changed alone"}]}`)
  await ui.details('one call for $0.', 'Answer to plan: revise by unknown')
  await ui.signal('approve', JSON.stringify({ digest: first?.digest }))
  await ui.details('Refused (2)', 'already answered: revise')
  await reachQuestion(handle)
  await ui.signal('approve')
  expect(await resultOf(handle)).toMatchObject({ status: 'completed', items: [{ status: 'ok' }] })
})

it('an interrupt stops the calls and keeps what is there', async () => {
  const handle = await stage.start('parallel', {
    items: [...items('quick', 2), { id: 'late', prompt: 'slow interrupted' }],
    confirm: 'never',
  })
  ui = await openRunPage(browser, stage.server.webUrl, handle.workflowId)
  await asked('slow interrupted', 1)
  await ui.details('running · 3 calls · SIMULATED', '1 running · 2 ok · spent')
  expect((await ui.agents()).map(([id, , state]) => [id, state])).toEqual([
    ['late', 'running'],
    ['n001', 'ok'],
    ['n002', 'ok'],
  ])
  await ui.signal('interrupt')
  const result = await resultOf(handle)
  expect(result.status).toBe('interrupted')
  expect(result.items.map(({ status }) => status)).toEqual(['ok', 'ok', 'interrupted'])
  expect(inFlight(requestsOf(stage, 'slow interrupted'))).toEqual([])
  await ui.details('interrupted · 3 calls', '1 interrupted · 2 ok · spent')
})

it('the button Request Cancellation closes every call and ends the run as cancelled', async () => {
  const handle = await ask('slow cancelled', 40, { concurrency: 4 })
  await ui.signal('approve')
  await asked('slow cancelled', 4)
  await ui.details('running', '… and 15 more', '4 running · 36 waiting')
  const states = (await ui.agents()).map(([, , state]) => state)
  expect(states.filter((state) => state === 'running')).toHaveLength(4)
  expect(states.slice(0, 4)).toEqual(Array(4).fill('running'))
  await ui.cancel()
  const error = await handle.result().catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(WorkflowFailedError)
  expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure)
  expect(inFlight(requestsOf(stage, 'slow cancelled'))).toEqual([])
  expect(requestsOf(stage, 'slow cancelled')).toHaveLength(4)
  await ui.details('interrupted · 40 calls', '4 interrupted · 36 skipped')
  await ui.history('Canceled')
})
