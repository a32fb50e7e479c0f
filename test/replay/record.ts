// Records histories of today's workflow code, by hand: `npm run record`. A history
// that is there is never recorded again: what ran with the code of its day must replay with that of every later one.
import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { accountServers } from '../support/account.js'
import { answer } from '../support/approvals.js'
import { openStage, type Stage } from '../support/stage.js'
import { answered, answerOf, send } from '../support/thread.js'
import { until } from '../support/until.js'
import { isThere, keep } from './keep.js'

const FILES = [{ path: 'src/login.ts', text: 'export function login(name: string) {\n  return eval(name)\n}\n' }]
let stage: Stage

beforeAll(async () => {
  stage = await openStage()
  stage.simulator.setRules([
    { match: { prompt: 'bad' }, fault: { kind: '400', message: 'this one is bad' } },
    { match: { prompt: 'hiccup', attempt: 1 }, fault: { kind: '500' } },
    { match: { prompt: 'endless' }, reply: { text: 'word '.repeat(500), tokensPerSecond: 20 } },
    { match: { prompt: '/^n|^hiccup/' }, reply: { text: 'ok' } },
  ])
})
afterAll(() => stage.close())

const parallel = (prompts: string[], more: object = {}) =>
  stage.start('parallel', { items: prompts.map((prompt) => ({ prompt })), confirm: 'never', ...more })
const closed = (handle: WorkflowHandle) =>
  until(`${handle.workflowId} to be closed`, async () => (await handle.describe()).status.name !== 'RUNNING', 90)
const asked = async (handle: WorkflowHandle, count = 1) =>
  until('the question', async () => {
    const { approvals } = await stage.status(handle)
    return approvals.length >= count && approvals.at(-1)?.digest
  })
const working = (handle: WorkflowHandle) =>
  until(
    'text to arrive',
    () =>
      stage.simulator.journal().requests.some(({ bytes, outcome }) => bytes > 500 && outcome === 'pending') && handle,
  )

record('completed', 'completed', () =>
  parallel(['n one', 'n two', 'hiccup n'], { sharedSystem: 'Shared. '.repeat(1000) }),
)
record('partial', 'partial', () => parallel(['n one', 'bad']))
record('failed', 'failed', () => parallel(['bad']))
record('rejected', 'rejected', async () => {
  const handle = await parallel(['n one'], { confirm: 'always' })
  await handle.executeUpdate('decide', { args: [{ kind: 'reject', digest: await asked(handle), by: 'reviewer' }] })
  return handle
})
record('revised-approved', 'completed', async () => {
  const handle = await parallel(['n one'], { confirm: 'always' })
  await asked(handle)
  await handle.signal('approve')
  await handle.signal('revise', { digest: await asked(handle), concurrency: 0 })
  await handle.signal('revise', { digest: await asked(handle, 2), maxTokens: 100 })
  await handle.signal('approve', { digest: await asked(handle, 3), by: 'reviewer' })
  return handle
})
record('interrupted', 'interrupted', async () => {
  const handle = await working(await parallel(['n one', 'endless', 'endless too', 'n two'], { concurrency: 3 }))
  await handle.signal('interrupt')
  return handle
})
record('paused-item-interrupted', 'partial', async () => {
  const handle = await working(await parallel(['endless', 'n one'], { concurrency: 1 }))
  await handle.signal('pause')
  await handle.signal('interrupt', '1')
  await handle.signal('resume')
  return handle
})
record('cancelled', 'interrupted', async () => {
  const shared = { sharedSystem: 'Shared with the endless. '.repeat(400) }
  const handle = await working(await parallel(['endless', 'n one', 'n two'], shared))
  await handle.cancel()
  return handle
})
record('cancelled-waiting', 'interrupted', async () => {
  const handle = await parallel(['n one'], { confirm: 'always' })
  await asked(handle)
  await handle.cancel()
  return handle
})
record('review', 'completed', () =>
  stage.start('review', { files: FILES, experts: ['security', 'tests'], confirm: 'never' }),
)

record('documents', 'completed', async () => {
  await writeFile(join(stage.home, 'lease.md'), '# Lease\n\nThe rent is due on Monday.\n')
  await writeFile(join(stage.home, 'call.txt'), 'The rent was discussed.\n')
  const questions = ['When is the rent due?', 'Who called?']
  return stage.start('documents', { files: ['lease.md', 'call.*'], questions, confirm: 'never' })
})

it('delegate', async () => {
  if (isThere('delegate')) return
  const task = 'Write a poem, draw a map and compose a song that is long enough to be split again'
  const handle = await stage.start('delegate', { task, confirm: 'always' })
  const digest = await asked(handle)
  await handle.executeUpdate('decide', { args: [{ kind: 'revise', digest, note: 'two parts are enough' }] })
  await handle.executeUpdate('decide', { args: [{ kind: 'approve', digest: await asked(handle, 2) }] })
  await handle.result()
  await keep(stage, 'delegate', handle)
})
it('delegate-part', async () => {
  if (isThere('delegate-part')) return
  const task = 'Write a poem and compose a very long song with a verse for every month'
  const handle = await stage.start('delegate', { task, confirm: 'never' })
  await handle.result()
  await keep(stage, 'delegate-part', stage.client.workflow.getHandle(`${handle.workflowId}/compose-a-very-long`))
})

it('thread', async () => {
  if (isThere('thread')) return
  const talk = await stage.start('thread', { system: 'Be brief.', stream: false })
  await answered(talk, await send(talk, { text: 'n one', id: 'one' }))
  await send(talk, 'endless')
  await send(talk, 'n two')
  await working(talk)
  await talk.signal('steer', 'n three')
  await talk.signal('clear')
  await answered(talk, await send(talk, 'bad'))
  await talk.signal('pause')
  await talk.signal('interrupt', { turn: await send(talk, 'n never') })
  await talk.signal('interrupt')
  await talk.signal('resume')
  await talk.signal('close')
  await talk.result()
  await keep(stage, 'thread', talk)
})

it('thread-continued', async () => {
  if (isThere('thread-continued-last')) return
  const talk = await stage.start('thread', { stream: false })
  for (let number = 1; number <= 11; number++) {
    await send(talk, { text: `n ${'x'.repeat(100_000)}`, id: `n${number}` })
    await until('its end', async () => (await answerOf(talk, number)).status !== 'pending')
  }
  await talk.signal('close')
  await talk.result()
  const { raw } = await talk.describe()
  await keep(stage, 'thread-continued-first', talk, raw.workflowExecutionInfo?.firstRunId ?? undefined)
  await keep(stage, 'thread-continued-last', talk)
})

it('continued', async () => {
  if (isThere('continued-last')) return
  const items = Array.from({ length: 502 }, (_, index) => ({ id: `i${index}`, prompt: 'n' }))
  const handle = await stage.start('parallel', { items, confirm: 'never', concurrency: 50 })
  await handle.result()
  const { raw } = await handle.describe()
  await keep(stage, 'continued-first', handle, raw.workflowExecutionInfo?.firstRunId ?? undefined)
  await keep(stage, 'continued-last', handle)
})

const health = (engagement: number) => ({
  type: 'tool_use' as const,
  name: 'account_health_score',
  input: { engagement_score: engagement, financial_score: 60, satisfaction_score: 60 },
})
const AGENT = { name: 'analyst', prompt: 'You judge accounts.', tools: ['account_health_score', 'WebFetch', 'agent'] }
const asks = (name: string, input: object) => ({ type: 'tool_use' as const, name, input })

it('agent', async () => {
  if (isThere('agent')) return
  stage.simulator.setRules([
    { match: { prompt: 'judge' }, reply: { blocks: [health(10), health(90)] } },
    {
      match: { prompt: 'at_risk' },
      reply: {
        blocks: [asks('WebFetch', { url: 'http://127.0.0.1:9/' }), asks('WebFetch', { url: 'http://127.0.0.1:9/b' })],
      },
    },
    { match: {}, reply: { text: 'Done.' } },
  ])
  const run = await stage.start('thread', { agent: AGENT, stream: false, budgetUsd: 1, task: 'judge' })
  const digests = await until('two questions', async () => {
    const { approvals } = await stage.status(run)
    return approvals.length === 2 && approvals.map(({ digest }) => digest)
  })
  await run.executeUpdate('decide', { args: [{ kind: 'reject', digest: digests[0], note: 'not this one' }] })
  await run.signal('approve', { digest: digests[1], by: 'reviewer' })
  expect(await run.result()).toMatchObject({ status: 'completed' })
  await keep(stage, 'agent', run)
})

it('agent-child', async () => {
  if (isThere('agent-child')) return
  stage.simulator.setRules([
    {
      match: { prompt: 'hand over' },
      reply: { blocks: [asks('agent', { name: 'junior', task: 'look' }), health(50)] },
    },
    { match: { prompt: 'endless' }, reply: { text: 'word '.repeat(500), tokensPerSecond: 20 } },
    { match: {}, reply: { text: 'Done.' } },
  ])
  const junior = { name: 'junior', prompt: 'You help.', tools: ['account_health_score'] }
  const run = await stage.start('thread', { agent: AGENT, agents: [junior], stream: false })
  await answered(run, await send(run, 'hand over'))
  const turn = await send(run, 'endless')
  await working(run)
  await run.signal('interrupt')
  await answered(run, turn)
  await run.signal('close')
  expect(await run.result()).toMatchObject({ status: 'completed' })
  await keep(stage, 'agent-child', run)
})

it('agent-continued', async () => {
  if (isThere('agent-continued-last')) return
  const wrong = Array.from({ length: 64 }, () =>
    asks(
      'account_health_score',
      Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`field ${at} ${'x'.repeat(20)}`, 1])),
    ),
  )
  stage.simulator.setRules([
    { match: {}, times: 9, reply: { blocks: [health(50), ...wrong] } },
    { match: {}, reply: { text: 'Done.' } },
  ])
  const run = await stage.start('thread', { agent: AGENT, stream: false, task: 'go on' })
  expect(await run.result()).toMatchObject({ status: 'completed' })
  const { raw } = await run.describe()
  await keep(stage, 'agent-continued-first', run, raw.workflowExecutionInfo?.firstRunId ?? undefined)
  await keep(stage, 'agent-continued-last', run)
})

it('account', async () => {
  if (isThere('account')) return
  stage.simulator.setRules([])
  const taskQueue = 'account'
  const cwd = join(stage.home, 'account')
  await mkdir(cwd)
  await writeFile(join(cwd, '.mcp.json'), JSON.stringify({ mcpServers: accountServers(cwd) }))
  await stage.addWorker({ taskQueue, cwd })
  const run = await stage.start('account', { account: 'ACME', confirm: 'never' }, { taskQueue })
  await answer(stage, run, 'writes', 'approve', { input: { only: ['r1'] } })
  expect(await run.result()).toMatchObject({ status: 'completed' })
  await keep(stage, 'account', run)
  await keep(stage, 'account-author', stage.client.workflow.getHandle(`${run.workflowId}/author`))
})

it('review-fix', async () => {
  if (isThere('review-fix')) return
  const finding = { file: 'loose.js', line: 1, severity: 'medium', title: 'Loose comparison', detail: 'Mend it.' }
  stage.simulator.setRules([
    { match: { system: '/You are the correctness expert/' }, reply: { json: { findings: [finding] } } },
  ])
  const workspace = join(stage.home, 'fix')
  await mkdir(workspace)
  await writeFile(join(workspace, 'loose.js'), 'export const isNone = (value) => value == 0\n')
  await promisify(execFile)('git', ['init', '-q'], { cwd: workspace })
  const run = await stage.start('review', { paths: ['fix'], experts: ['correctness'], confirm: 'never', fix: true })
  await answer(stage, run, 'findings', 'approve', { input: { only: ['f1'] } })
  await answer(stage, run, 'changes', 'approve')
  expect(await run.result()).toMatchObject({ status: 'completed' })
  await keep(stage, 'review-fix', run)
  await keep(stage, 'review-fix-fixer', stage.client.workflow.getHandle(`${run.workflowId}/fixer`))
})

function record(name: string, status: string, make: () => Promise<WorkflowHandle>): void {
  it(name, async () => {
    if (isThere(name)) return
    const handle = await make()
    await closed(handle)
    expect((await handle.describe()).memo).toMatchObject({ status })
    await keep(stage, name, handle)
  })
}
