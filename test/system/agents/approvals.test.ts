// Questions of agents: many at once, each for exactly what was shown, answered once, by who may, in time.
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findAudits } from '../../../src/audit/files.js'
import { entriesOf } from '../../../src/audit/verify.js'
import type { Approval, Decided } from '../../../src/contracts/messages.js'
import { questions, uses } from '../../support/agents.js'
import { openStage, type Stage } from '../../support/stage.js'
import { until } from '../../support/until.js'
import { verifyHistory } from '../../support/verify.js'

type Client = typeof import('../../../src/client/ensemble.js')
let stage: Stage
let workspace: string
let ensemble: Awaited<ReturnType<Client['connectTo']>>

beforeAll(async () => {
  workspace = await realpath(await mkdtemp(join(tmpdir(), 'ensemble-workspace-')))
  await mkdir(join(workspace, 'src'))
  stage = await openStage({ searchAttributes: true })
  const edit = (id: string, to: string) => ({
    name: 'Edit',
    id,
    input: { file_path: `src/${id}.ts`, old_string: '1', new_string: to },
  })
  stage.simulator.setRules([
    { match: { prompt: 'edit three' }, reply: { blocks: uses(edit('a', '10'), edit('b', '20'), edit('c', '30')) } },
    { match: { prompt: 'edit one' }, reply: { blocks: uses(edit('a', '10')) } },
    {
      match: { prompt: 'share the money' },
      reply: { blocks: uses({ name: 'agent', input: { name: 'part', task: 'spend some' } }) },
    },
    { reply: { text: 'Over.' } },
  ])
  const { connectTo } = (await import('../../../dist/client/ensemble.js')) as Client
  ensemble = await connectTo({
    address: stage.server.address,
    namespace: 'default',
    taskQueue: 'ensemble',
    storeDir: join(stage.home, 'store'),
  })
})
afterAll(async () => {
  await ensemble.close()
  await stage.close()
  await rm(workspace, { recursive: true, force: true })
})
beforeEach(async () => {
  for (const name of ['a', 'b', 'c']) await writeFile(join(workspace, `src/${name}.ts`), `export const ${name} = 1\n`)
})

const agent = (task: string, more: object = {}) =>
  stage.start('thread', {
    agent: { name: 'fixer', prompt: 'You fix.', tools: ['Edit'] },
    ...{ workspace, task, stream: false, ...more },
  })
const file = (name: string) => readFile(join(workspace, `src/${name}.ts`), 'utf8')
const decide = (run: WorkflowHandle, message: object) =>
  run.executeUpdate<Decided, [unknown]>('decide', { args: [message] })
const refusal = async (run: WorkflowHandle, message: object): Promise<string> => {
  const error = await decide(run, message).catch((caught: Error) => caught.cause as Error)
  expect(error).toMatchObject({ type: 'AnswerRefused' })
  return (error as Error).message
}
const only = async (run: WorkflowHandle): Promise<Approval> => {
  const [question] = await questions(stage, run)
  if (!question) throw new Error('nothing is asked')
  return question
}
const heard = async (run: WorkflowHandle): Promise<string> => {
  const sent = stage.simulator.journal().requests.at(-1)
  expect(await run.result()).toMatchObject({ answer: 'Over.' })
  return sent?.promptHead ?? ''
}

describe('the questions of an agent', () => {
  it('are open at once, each shows its exact arguments, and each is answered by its own digest', async () => {
    const run = await agent('edit three')
    const open = await questions(stage, run, 3)
    expect(open.map(({ tool }) => JSON.parse(tool?.arguments ?? '').file_path)).toEqual([
      'src/a.ts',
      'src/b.ts',
      'src/c.ts',
    ])
    expect(await refusal(run, { kind: 'approve', by: 'reviewer' })).toMatch(/several approvals are open: name one of/)
    const [a, b, c] = open
    await run.signal('approve', { digest: c?.digest, by: 'reviewer' })
    await run.signal('reject', { digest: a?.digest, by: 'reviewer', note: 'not this file' })
    await decide(run, { kind: 'approve', approval: b?.name, digest: b?.digest, by: 'reviewer' })
    expect(await run.result()).toMatchObject({ answer: 'Over.' })
    expect(await Promise.all(['a', 'b', 'c'].map(file))).toEqual([
      'export const a = 1\n',
      'export const b = 20\n',
      'export const c = 30\n',
    ])
    await verifyHistory(run)
  })

  it('are all in one list, from the memo alone, and leave it when they are answered', async () => {
    const run = await agent('edit three', { approvers: ['lead'] })
    const open = await questions(stage, run, 3)
    const listed = await until('the list', async () => {
      const mine = (await ensemble.approvals()).filter((one) => one.run === run.workflowId)
      return mine.length === 3 && mine
    })
    expect(listed[0]).toMatchObject({
      ...{ workflow: 'thread', kind: 'tool', digest: open[0]?.digest, approvers: ['lead'] },
      about: expect.stringContaining('"src/a.ts"'),
    })
    for (const { name, digest } of listed)
      await ensemble.run(run.workflowId).approve({ approval: name, digest, by: 'lead' })
    await run.result()
    await until('an empty list', async () => (await ensemble.approvals()).every((one) => one.run !== run.workflowId))
  })

  it('take other arguments, which are judged like the model’s own and asked about again when they do not fit', async () => {
    const run = await agent('edit one')
    const question = await only(run)
    expect(await refusal(run, { kind: 'approve', digest: question.digest, file_path: 'src/b.ts' })).toMatch(
      /other arguments go into "input"/,
    )
    expect(await refusal(run, { kind: 'approve', digest: question.digest, input: 'src/b.ts' })).toMatch(
      /wanted an object/,
    )
    expect(await refusal(run, { kind: 'revise', digest: question.digest, input: {} })).toMatch(/takes no revision/)
    await decide(run, { kind: 'approve', digest: question.digest, input: { file_path: 7 }, by: 'reviewer' })
    const again = await until('the question again', async () => {
      const [open] = (await stage.status(run)).approvals.filter(({ answer }) => !answer)
      return open
    })
    expect(again.problem).toMatch(/arguments that reviewer gave cannot be used: .*file_path/s)
    // What was answered stays answered: the same message again is for a question that is no more.
    expect(await refusal(run, { kind: 'approve', digest: question.digest })).toMatch(
      /already answered: approve by reviewer/,
    )
    const input = { file_path: 'src/b.ts', old_string: '1', new_string: '99' }
    await decide(run, { kind: 'approve', digest: again.digest, input, by: 'reviewer' })
    await run.result()
    expect([await file('a'), await file('b')]).toEqual(['export const a = 1\n', 'export const b = 99\n'])
    const { approvals } = await stage.status(run)
    expect(approvals.map(({ answer }) => answer?.edited)).toEqual([true, true])
  })

  it('count an answer once however often it is sent, late ones not at all', async () => {
    const run = await agent('edit three')
    const [a, b] = await questions(stage, run, 3)
    const message = { digest: a?.digest, by: 'reviewer', id: 'mine' }
    await Promise.all(Array.from({ length: 50 }, () => run.signal('approve', message)))
    const answers = await Promise.all(Array.from({ length: 10 }, () => decide(run, { kind: 'approve', ...message })))
    expect(new Set(answers.map(({ digest, at }) => `${digest} ${at}`)).size).toBe(1)
    for (let sent = 0; sent < 40; sent++) await run.signal('approve', message)
    const { refused } = await stage.status(run)
    expect(refused).toEqual([])
    expect(await questions(stage, run, 2)).toHaveLength(2)
    expect(await refusal(run, { kind: 'approve', digest: `${b?.digest}x` })).toMatch(/was changed, look again/)
    for (const { digest } of await questions(stage, run, 2)) await decide(run, { kind: 'reject', digest })
    await run.result()
    expect(await file('a')).toBe('export const a = 10\n')
  })

  it('are answered by approvers alone; who is none is refused and noted in the audit', async () => {
    const run = await agent('edit one', { approvers: ['lead', 'owner'] })
    const { digest } = await only(run)
    expect(await refusal(run, { kind: 'approve', digest })).toMatch(
      /nobody is named: wanted "by" to be one of lead, owner/,
    )
    expect(await refusal(run, { kind: 'approve', digest, by: 'stranger' })).toMatch(/stranger may not answer/)
    await run.signal('approve', { digest, by: 'stranger' })
    const { refused } = await until('three refusals', async () => {
      const status = await stage.status(run)
      return status.refused.length === 3 && status
    })
    expect(refused.at(-1)).toMatchObject({ message: 'approve', reason: expect.stringMatching(/stranger may not/) })
    expect(await file('a')).toBe('export const a = 1\n')
    await decide(run, { kind: 'approve', digest, by: 'owner' })
    await run.result()
    expect(await file('a')).toBe('export const a = 10\n')
    const [audit] = await findAudits(join(stage.home, 'store'), run.workflowId)
    const noted = entriesOf(audit?.text ?? '').flatMap((entry) => (entry.type === 'refused' ? [entry.reason] : []))
    expect(noted).toEqual([
      expect.stringContaining('nobody is named'),
      expect.stringContaining('stranger may not answer'),
      expect.stringContaining('stranger may not answer'),
    ])
  })
})

describe('a question that nobody answers', () => {
  const rule = (onExpiry: string, more: object = {}) => ({
    permissions: { expiry: [{ tool: 'Edit', seconds: 1, onExpiry, ...more }] },
  })

  it('is denied in time where its rule says so, and the model hears that it expired', async () => {
    const run = await agent('edit one', rule('deny'))
    expect(await run.result()).toMatchObject({ answer: 'Over.' })
    const { approvals } = await stage.status(run)
    expect(approvals[0]).toMatchObject({ onExpiry: 'deny', answer: { kind: 'expired', by: 'nobody' } })
    expect(await file('a')).toBe('export const a = 1\n')
    expect(await heard(run)).toMatch(/expired: nobody answered/)
    await verifyHistory(run)
  })

  it('goes on waiting where its rule says so', async () => {
    const run = await agent('edit one', rule('wait'))
    const { digest, expiresAt = '' } = await only(run)
    await until('its time to be over', () => Date.now() > Date.parse(expiresAt) + 500)
    expect(await only(run)).toMatchObject({ digest, onExpiry: 'wait' })
    await decide(run, { kind: 'approve', digest })
    await run.result()
    expect(await file('a')).toBe('export const a = 10\n')
  })

  it('may be answered by others, too, where its rule says so', async () => {
    const run = await agent('edit one', { approvers: ['lead'], ...rule('escalate', { to: ['deputy'] }) })
    const { digest } = await only(run)
    expect(await refusal(run, { kind: 'approve', digest, by: 'deputy' })).toMatch(/deputy may not answer/)
    await until('the escalation', async () => (await only(run)).escalatedAt)
    await decide(run, { kind: 'approve', digest, by: 'deputy' })
    await run.result()
    expect(await file('a')).toBe('export const a = 10\n')
  })

  it('is withdrawn when the answer it is part of is stopped', async () => {
    const run = await agent('edit one')
    await only(run)
    await run.signal('interrupt')
    await run.result()
    const { approvals } = await stage.status(run)
    expect(approvals[0]?.answer).toMatchObject({ kind: 'withdrawn' })
    expect(await file('a')).toBe('export const a = 1\n')
  })
})

describe('the budget of an agent', () => {
  it('that does not suffice is asked about before the model is, and the turn ends when nobody allows more', async () => {
    const run = await stage.start('thread', { stream: false, budgetUsd: 0.000001, maxTokens: 500 })
    await run.executeUpdate('send', { args: ['hello'] })
    const question = await only(run)
    expect(question.title).toMatch(/^spent \$0\.00, needs \$0\.00\d\d more of a cap of/)
    await decide(run, { kind: 'reject', digest: question.digest, by: 'treasurer' })
    const ended = await until('the end of the turn', async () => {
      const answer = await run.query<{ status: string; error?: object }, [number]>('answer', 1)
      return answer.status === 'error' && answer
    })
    expect(ended.error).toMatchObject({ type: 'BudgetNeeded', message: expect.stringContaining('allowed no more') })
    // The next turn is another matter.
    await run.executeUpdate('send', { args: ['again'] })
    const next = await only(run)
    await decide(run, { kind: 'raiseBudget', usd: 1, by: 'treasurer' })
    await until('an answer', async () => (await run.query<{ status: string }, [number]>('answer', 2)).status === 'ok')
    expect(next.digest).not.toBe(question.digest)
    const { budget, usd } = await stage.status(run)
    expect(budget).toMatchObject({ capUsd: 1, spentUsd: usd, reservedUsd: 0 })
    await run.signal('close')
    expect(await run.result()).toMatchObject({ budget: { capUsd: 1, spentUsd: usd } })
    await verifyHistory(run)
  })

  it.each([
    ['suffices', 500, 0.5],
    ['does not suffice', 60_000, 1],
  ])('is shared with the agents it starts: a part that %s', async (_, maxTokens, allowedUsd) => {
    const asked = () =>
      stage.simulator.journal().requests.filter(({ promptHead }) => promptHead.includes('spend some')).length
    const before = asked()
    const run = await agent('share the money', {
      agent: { name: 'whole', prompt: 'You share.', tools: ['agent'] },
      agents: [{ name: 'part', prompt: 'You spend.', tools: [], maxTokens }],
      ...{ budgetUsd: 0.5, maxTokens: 500 },
    })
    const child = stage.client.workflow.getHandle(`${run.workflowId}/part-1.1.1`)
    if (allowedUsd > 0.5) {
      const [question] = await until('its part to be asked about', () => questions(stage, child).catch(() => undefined))
      // Half of what the whole had left when it began.
      expect(question?.budget?.capUsd).toBeLessThan(0.25)
      expect(question?.budget?.capUsd).toBeGreaterThan(0.24)
      expect(asked()).toBe(before)
      await decide(child, { kind: 'raiseBudget', usd: (question?.budget?.capUsd ?? 0) + 0.5, by: 'treasurer' })
    }
    const whole = await run.result()
    const { budget, usd } = await child.result()
    expect(whole).toMatchObject({ answer: 'Over.', budget: { spentUsd: whole.usd, reservedUsd: 0 } })
    // What a person allowed the part beyond its share, they allowed the whole.
    expect(whole.budget.capUsd).toBeCloseTo(allowedUsd, 6)
    expect(budget).toMatchObject({ spentUsd: usd, reservedUsd: 0 })
    expect(whole.usd).toBeGreaterThan(usd)
  })

  it('holds over the steps of a turn', async () => {
    const run = await agent('edit one', { permissionMode: 'acceptEdits', budgetUsd: 5, maxTokens: 500 })
    const result = await run.result()
    expect(result).toMatchObject({ answer: 'Over.', budget: { capUsd: 5, spentUsd: result.usd, reservedUsd: 0 } })
    expect(result.budget.spentUsd).toBeGreaterThan(0)
  })
})
