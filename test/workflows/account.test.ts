// Two agents look an account up, a third says what to do, code checks what each hands over, and nothing changes in the
// CRM that a person did not pick. The CRM and the memory are the example servers.
import { join } from 'node:path'
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CRM_READS, MEMORY_READS } from '../../src/agents/account.js'
import type { AccountResult } from '../../src/contracts/account.js'
import { approve, reject } from '../../src/contracts/messages.js'
import type { AccountInput } from '../../src/contracts/schemas/index.js'
import { accountServers, type LookUp, openLookUp } from '../support/account.js'
import { type Recorder, startRecorder } from '../support/recorder.js'
import { failureOf, resultOf } from '../support/run-result.js'
import { openStage, type Stage } from '../support/stage.js'
import { until } from '../support/until.js'

let stage: Stage
let recorder: Recorder
let crm: LookUp

beforeAll(async () => {
  stage = await openStage({ workers: 0 })
  recorder = await startRecorder(stage.simulator.url)
  await stage.addWorker({ baseUrl: recorder.url })
  crm = await openLookUp(stage.home)
})
afterAll(async () => {
  await crm.close()
  await stage.close()
  await recorder.close()
})
beforeEach(() => {
  stage.simulator.setRules([])
  stage.simulator.resetJournal()
})

const start = (account: string, more: Partial<AccountInput> = {}) =>
  stage.start('account', { account, mcpServers: accountServers(stage.home), confirm: 'never', ...more })
const result = async (handle: WorkflowHandle) => (await resultOf(handle)) as AccountResult
const asked = (handle: WorkflowHandle) =>
  until('the question about writes', async () => {
    const { approvals } = await stage.status(handle)
    return approvals.find(({ name, answer }) => name === 'writes' && !answer)
  })
const deals = async (account: string) =>
  ((await crm.ask('list_open_deals', { account_id: account })) as { name: string }[]).map(({ name }) => name)
const contacts = async (account: string) =>
  ((await crm.ask('list_contacts', { account_id: account })) as { name: string }[]).map(({ name }) => name)
const auditsOf = async (run: string) => {
  const { connectTo } = (await import('../../dist/client/ensemble.js')) as typeof import('../../src/client/ensemble.js')
  const { address } = stage.server
  const ensemble = await connectTo({
    ...{ address, namespace: 'default', taskQueue: 'ensemble', storeDir: join(stage.home, 'store') },
  })
  return ensemble.audit(run).finally(() => ensemble.close())
}
const system = (agent: string) => `You are the ${agent} of an account review`

describe('an account review', () => {
  it('is one object: CRM, history, recommendations, health, risks, and the writes a person picks, done once', async () => {
    const handle = await start('ACME')
    const question = await asked(handle)
    expect(question.choices?.map(({ id, label }) => [id, label])).toEqual([
      ['r1', 'mcp__crm__create_contact'],
      ['r4', 'mcp__crm__create_deal'],
    ])
    expect(JSON.parse(question.choices?.[0]?.arguments ?? '')).toMatchObject({
      account_id: 'ACME',
      role: 'pays invoices',
    })
    expect(await contacts('ACME')).toHaveLength(3)
    await handle.signal(approve, { only: ['r1'], digest: '0'.repeat(64), by: 'mallory' })
    await handle.signal(approve, { only: ['r1'], digest: question.digest, by: 'north' })
    const review = await result(handle)
    expect(review.status).toBe('completed')
    expect(review.account_id).toBe('ACME')
    expect(review.crm_summary).toMatchObject({
      account: { name: 'Acme Tools', payment_status: 'overdue' },
      days_since_contact: 41,
    })
    expect(review.crm_summary?.activities.map(({ at }) => at)).toHaveLength(4)
    expect(review.historical_insights?.timeline[0]).toMatchObject({ source: 'note-101' })
    expect(review.health).toEqual({
      overall_score: 52.5,
      health_status: 'at_risk',
      components: { engagement: 48, financial: 40, satisfaction: 71 },
    })
    expect(review.risks?.map(({ severity }) => severity).sort()).toEqual(['critical', 'high'])
    const { recommendations = [] } = review
    expect(recommendations.length).toBeGreaterThanOrEqual(3)
    expect(recommendations.length).toBeLessThanOrEqual(5)
    for (const { priority, draft_message } of recommendations)
      if (priority === 'high') expect(draft_message?.text).toContain('SIMULATED')
    expect(review.requires_approval?.map(({ id, status }) => [id, status])).toEqual([
      ['r1', 'done'],
      ['r4', 'skipped'],
    ])
    expect(review.items.map(({ id, status }) => [id, status])).toEqual([
      ['scout', 'ok'],
      ['memory', 'ok'],
      ['author', 'ok'],
      ['write r1', 'ok'],
    ])
    expect(review.usd).toBeGreaterThan(0)
    expect(review.report).toContain('# account review of ACME')
    // What was decided and done stands in an audit of its own, with those of its agents.
    const audits = await auditsOf(handle.workflowId)
    expect(audits.map(({ session, verified }) => [session.split('/')[1] ?? 'its own', verified.ok]).sort()).toEqual(
      ['author', 'its own', 'memory', 'scout'].map((session) => [session, true]),
    )
    const [own] = audits
    expect(own).toMatchObject({ verified: review.audit, checked: 'result' })
    const facts = own?.entries.filter(({ type }) => type !== 'child').map((entry) => entry as object)
    expect(facts).toMatchObject([
      { type: 'permission', id: 'r1', tool: 'mcp__crm__create_contact', verdict: 'ask' },
      { type: 'permission', id: 'r4', verdict: 'ask' },
      { type: 'approval_requested', approval: 'writes', digest: question.digest },
      { type: 'refused', message: 'approve' },
      { type: 'approval', approval: 'writes', digest: question.digest, kind: 'approve', by: 'north', only: ['r1'] },
      { type: 'tool', id: 'r1', tool: 'mcp__crm__create_contact', outcome: 'done', isError: false },
      { type: 'session_end', status: 'completed' },
    ])
    expect(await contacts('ACME')).toHaveLength(4)
    expect(await deals('ACME')).toHaveLength(2)
  })

  it('whose writes are rejected changes nothing, and says so', async () => {
    const handle = await start('ACME')
    const { digest } = await asked(handle)
    const before = await Promise.all([contacts('ACME'), deals('ACME')])
    await handle.signal(reject, { note: 'not now', by: 'north', digest })
    const review = await result(handle)
    expect(review.status).toBe('rejected')
    expect(review.requires_approval?.map(({ status, note }) => [status, note])).toEqual([
      ['skipped', 'north: not now'],
      ['skipped', 'north: not now'],
    ])
    expect(await Promise.all([contacts('ACME'), deals('ACME')])).toEqual(before)
  })

  it('without writes asks nothing', async () => {
    const review = await result(await start('GLOBEX'))
    expect(review).toMatchObject({
      status: 'completed',
      requires_approval: [],
      missing: [],
      health: { health_status: 'healthy' },
    })
    expect(review.risks).toEqual([])
  })
})

describe('the agents of a review', () => {
  it('see their own tools and their own task, and nothing of each other', async () => {
    const before = recorder.all().length
    await result(await start('GLOBEX'))
    const sent = recorder.all().slice(before)
    expect(sent).toHaveLength(6)
    const of = (agent: string) => {
      const own = sent.filter((request) => request.system?.some(({ text }) => text?.startsWith(system(agent))))
      return {
        tools: [...new Set(own.flatMap(({ tools = [] }) => tools.map(({ name }) => name)))],
        text: JSON.stringify(own.map(({ messages }) => messages)),
      }
    }
    const [scout, memory, author] = [of('Data Scout'), of('Memory Analyst'), of('Recommendation Author')]
    expect(scout.tools).toEqual(CRM_READS.map((name) => `mcp__crm__${name}`))
    expect(memory.tools).toEqual(MEMORY_READS.map((name) => `mcp__memory__${name}`))
    expect(author.tools).toEqual(['account_health_score', 'risk_signals'])
    // A contact that only the CRM has, and a note that only the memory has.
    const told = [scout, memory, author].map(({ text }) => [text.includes('Finance desk'), text.includes('note-90')])
    expect(told).toEqual([
      [true, false],
      [false, true],
      [true, true],
    ])
  })

  it('read only: a write the scout asks for by name is refused by the tool layer and does not happen', async () => {
    const input = { account_id: 'GLOBEX', name: 'Mallory desk', email: 'm@example.org' }
    stage.simulator.setRules([
      {
        match: { system: system('Data Scout'), prompt: '/^Look up/' },
        reply: { blocks: [{ type: 'tool_use', name: 'mcp__crm__create_contact', input }] },
      },
      {
        match: { system: system('Data Scout'), prompt: 'deny mcp__crm__create_contact: not permitted' },
        reply: { blocks: [{ type: 'tool_use', name: 'mcp__crm__get_account', input: { account_id: 'GLOBEX' } }] },
      },
    ])
    const review = await result(await start('GLOBEX'))
    expect(review.status).toBe('completed')
    expect(review.crm_summary?.account.name).toBe('Globex Freight')
    expect(await contacts('GLOBEX')).not.toContain('Mallory desk')
    expect(review.crm_summary?.quality_flags.map(({ field }) => field)).toContain('create_contact')
  })

  it('one of which fails leave a result that names what is missing', async () => {
    stage.simulator.setRules([{ match: { system: system('Memory Analyst') }, fault: { kind: '400' } }])
    const review = await result(await start('GLOBEX'))
    expect(review.status).toBe('partial')
    expect(review.missing).toMatchObject([{ agent: 'memory', status: 'error' }])
    expect(review.historical_insights).toBeNull()
    expect(review.crm_summary?.account.id).toBe('GLOBEX')
    expect(review.recommendations?.length).toBeGreaterThanOrEqual(3)
    expect(review.report).toContain('Memory Analyst (error)')
  })

  it('that hand over what cannot be used are told why and asked once more', async () => {
    stage.simulator.setRules([
      {
        match: { system: system('Recommendation Author'), prompt: '/^What should be done(?!.*An earlier answer)/s' },
        reply: { json: { recommendations: [] } },
      },
    ])
    const review = await result(await start('GLOBEX'))
    expect(review.status).toBe('completed')
    expect(review.recommendations).toHaveLength(3)
    expect(review.items.find(({ id }) => id === 'author')?.attempts).toBe(2)
  })

  it('that fail twice leave the rest', async () => {
    stage.simulator.setRules([
      { match: { system: system('Recommendation Author') }, reply: { json: { recommendations: [] } } },
    ])
    const review = await result(await start('GLOBEX'))
    expect(review).toMatchObject({ status: 'partial', recommendations: [], health: null })
    expect(review.missing?.[0]?.why).toContain('got 0 recommendations, wanted 3 to 5')
  })
})

describe('bad input', () => {
  it('is refused before anything is asked: no account, no server', async () => {
    expect((await failureOf(await start(''))).type).toBe('InvalidInput')
    const nowhere = await failureOf(await stage.start('account', { account: 'ACME', confirm: 'never' }))
    expect(nowhere).toMatchObject({
      type: 'InvalidInput',
      message: expect.stringContaining('no server is called "crm"'),
    })
    expect(stage.simulator.journal().posts).toBe(0)
  })

  it('a server that cannot be started is named, and what does not need it is done', async () => {
    const mcpServers = { ...accountServers(stage.home), crm: { command: '/no/such/program' } }
    const review = await result(await start('GLOBEX', { mcpServers }))
    expect(review).toMatchObject({ status: 'partial', crm_summary: null, requires_approval: [] })
    expect(review.missing).toMatchObject([
      { agent: 'scout', status: 'error', why: expect.stringMatching(/MCP server crm: .*cannot be started/) },
    ])
    expect(review.historical_insights?.timeline).not.toEqual([])
  })

  it('an account the CRM does not have is named, and no figures are made up for it', async () => {
    const review = await result(await start('NOBODY'))
    expect(review).toMatchObject({ status: 'partial', crm_summary: null, requires_approval: [] })
    expect(review.missing).toMatchObject([
      { agent: 'scout', status: 'error', why: expect.stringContaining('no account is called NOBODY') },
    ])
  })
})
