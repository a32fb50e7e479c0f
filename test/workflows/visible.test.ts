// What people and programs see of a run that know nothing of this library: lists, the Web UI's page, the command line
// of Temporal, plain JSON.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { WorkflowExecutionAlreadyStartedError, type WorkflowHandle } from '@temporalio/client'
import { defaultPayloadConverter, defineSearchAttributeKey } from '@temporalio/common'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { resultOf } from '../support/run-result.js'
import { openStage, type Stage } from '../support/stage.js'
import { until } from '../support/until.js'

const WAITING = defineSearchAttributeKey('EnsembleWaiting', 'BOOL')
const USD = defineSearchAttributeKey('EnsembleUsd', 'DOUBLE')
let stage: Stage
let ids = 0

beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())
beforeEach(() => stage.simulator.setRules([]))

type Metadata = {
  definition: Record<
    'signalDefinitions' | 'queryDefinitions' | 'updateDefinitions',
    { name: string; description: string }[]
  >
  currentDetails: string
}
const metadata = (handle: WorkflowHandle) => handle.query<Metadata>('__temporal_workflow_metadata')
const details = async (handle: WorkflowHandle) => (await metadata(handle)).currentDetails
const reject = (handle: WorkflowHandle) =>
  handle.executeUpdate('decide', { args: ['reject'] }).catch(() => handle.signal('interrupt'))
const nextId = () => `visible-${++ids}`

describe('lists of runs', () => {
  it('find runs that wait, and what they cost, where the search attributes are registered', async () => {
    const handle = await stage.client.workflow.start('parallel', {
      workflowId: nextId(),
      taskQueue: 'ensemble',
      args: [{ items: [{ prompt: 'one' }], confirm: 'always' }],
      typedSearchAttributes: [
        { key: WAITING, value: false },
        { key: USD, value: 0 },
      ],
    })
    const { approvals } = await stage.reach(handle, 'waiting')
    const found = async (query: string) => {
      for await (const run of stage.client.workflow.list({ query }))
        if (run.workflowId === handle.workflowId) return run
      return undefined
    }
    const waiting = await until('the run to be listed', () => found('EnsembleWaiting = true'))
    expect(waiting.memo).toMatchObject({ status: 'waiting', waitingFor: 'plan', usd: 0 })
    await handle.signal('approve', { digest: approvals[0]?.digest })
    const { usd } = await resultOf(handle)
    const done = await until('the run to have its cost', () => found(`EnsembleWaiting = false AND EnsembleUsd > 0`))
    expect(done.typedSearchAttributes.get(USD)).toBe(usd)
    expect(done.memo).toMatchObject({ status: 'completed', waitingFor: '', usd })
  })

  it('show status, cost and what is waited for in the memo of a server that knows no such attributes', async () => {
    const bare = await openStage({ searchAttributes: false })
    try {
      const handle = await bare.start('parallel', { items: [{ prompt: 'one' }], confirm: 'always' })
      const { approvals } = await bare.reach(handle, 'waiting')
      const [{ title = '', digest = '', openedAt = '' } = {}] = approvals
      const asked = { name: 'plan', kind: 'plan', title, digest, openedAt, about: 'at most $0.04' }
      expect((await handle.describe()).memo).toEqual({
        status: 'waiting',
        usd: 0,
        waitingFor: 'plan',
        approvals: [asked],
      })
      await handle.signal('approve', { digest: approvals[0]?.digest })
      const { usd } = await resultOf(handle)
      expect((await handle.describe()).memo).toEqual({ status: 'completed', usd, waitingFor: '' })
    } finally {
      await bare.close()
    }
  })

  it('show the last state also of a run whose input was refused', async () => {
    const handle = await stage.start('parallel', { items: [] })
    await expect(handle.result()).rejects.toThrow()
    expect((await handle.describe()).memo).toMatchObject({ status: 'failed' })
  })
})

describe("the run's page", () => {
  it('says what waits, how to answer, what it costs, and what was refused', async () => {
    const handle = await stage.start('parallel', {
      items: ['a|b', '<script>'].map((id) => ({ id, prompt: 'x' })),
      confirm: 'always',
    })
    const { approvals } = await stage.reach(handle, 'waiting')
    await handle.signal('aprove')
    const page = await until(
      'the refusal to be shown',
      async () => {
        const shown = await details(handle)
        return shown.includes('Refused') && shown
      },
      5,
    )
    expect(page).toMatch(/^\*\*waiting\*\* for your answer · SIMULATED/)
    expect(page).toMatch(/\*\*2 calls for \\\$\d/)
    expect(page).toContain('- `approve` with no input')
    expect(page).toContain(approvals[0]?.digest)
    expect(page).toMatch(/Price: expected \\\$\d.*worst \\\$\d/)
    expect(page).toMatch(/Refused\*\* \(1\).*\n\n- `aprove` at [-\d: ]+ UTC: no signal is called/)
    expect(page).toContain('| a\\|b\u2003 | claude-sonnet-5-5\u2003 | waiting\u2003 |')
    expect(page).not.toContain('<script>')
    await reject(handle)
  })

  it('shows outcomes and cost at the end', async () => {
    stage.simulator.setRules([{ match: { prompt: 'bad' }, fault: { kind: '400' } }])
    const handle = await stage.start('parallel', {
      items: ['bad', 'good'].map((id) => ({ id, prompt: id })),
      confirm: 'never',
    })
    const { usd } = await resultOf(handle)
    const page = await details(handle)
    expect(page).toMatch(/^\*\*partial\*\*/)
    expect(page).toContain('1 error · 1 ok · spent')
    expect(page.indexOf('| bad\u2003')).toBeLessThan(page.indexOf('| good\u2003'))
    expect(page).toContain(`spent \\$${usd?.toFixed((usd ?? 0) >= 0.01 ? 2 : 4)}`)
  })

  it('stays within 4 KB whatever the names are, and still says what counts', async () => {
    const items = Array.from({ length: 60 }, (_, index) => ({ id: `${index}${'名'.repeat(95)}`, prompt: 'x' }))
    const handle = await stage.start('parallel', { items, confirm: 'always' })
    await stage.reach(handle, 'waiting')
    for (let count = 0; count < 10; count++) await handle.signal(`wrong ${'*'.repeat(500)}`)
    await until('the refusals to be counted', async () => (await stage.status(handle)).refused.length === 10)
    const page = await details(handle)
    expect(Buffer.byteLength(page)).toBeLessThanOrEqual(4096)
    for (const part of ['waiting', '- `approve`', 'Price:', 'spent']) expect(page).toContain(part)
    await handle.signal('interrupt')
    expect((await resultOf(handle)).items).toHaveLength(60)
  })

  it('names every message it takes, with what to send', async () => {
    const handle = await stage.start('parallel', { items: [{ prompt: 'x' }], confirm: 'always' })
    await stage.reach(handle, 'waiting')
    const { definition } = await metadata(handle)
    const named = (list: { name: string; description: string }[]) =>
      list
        .filter(({ name, description }) => !name.startsWith('__') && description)
        .map(({ name }) => name)
        .sort()
    expect(named(definition.signalDefinitions)).toEqual([
      ...['approve', 'interrupt', 'pause', 'raiseBudget', 'reject', 'resume', 'revise'],
    ])
    expect(named(definition.updateDefinitions)).toEqual(['decide'])
    expect(named(definition.queryDefinitions)).toEqual(['status'])
    await reject(handle)
  })
})

describe('the timeline', () => {
  it('names each call by item and model, however long its name is', async () => {
    const files = [{ path: 'a.ts', text: 'eval(input)\n' }]
    const long = { name: '猫'.repeat(100), system: 'Report nothing.' }
    const handle = await stage.start('review', { files, experts: ['security', long], model: 'haiku', confirm: 'never' })
    expect((await resultOf(handle)).status).toBe('completed')
    const { events } = await handle.fetchHistory()
    const summaries = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: call, userMetadata }) =>
      call?.activityType?.name === 'callClaude' && userMetadata?.summary
        ? [defaultPayloadConverter.fromPayload<string>(userMetadata.summary)]
        : [],
    )
    expect(summaries.sort()).toEqual(['security · haiku-5-5', 'summary · haiku-5-5', `${long.name} · haiku-5-5`])
  })
})

describe("Temporal's own command line", () => {
  const temporal = async (...args: string[]): Promise<string> => {
    const where = ['--address', stage.server.address, '--namespace', 'default']
    const { stdout } = await promisify(execFile)(inject('temporalProgram'), [...args, ...where])
    return stdout
  }

  it('starts a run with hand-written JSON, approves it, and reads its result as plain JSON', async () => {
    const id = nextId()
    const input = '{"items":[{"prompt":"say hello","temperature":0.7}],"confirm":"always"}'
    await temporal(
      'workflow',
      'start',
      '--type',
      'parallel',
      '--task-queue',
      'ensemble',
      '--workflow-id',
      id,
      '--input',
      input,
    )
    const handle = stage.client.workflow.getHandle(id)
    const { approvals } = await stage.reach(handle, 'waiting')
    const opened = Date.parse(approvals[0]?.openedAt ?? '')
    await until('the question to have been read', () => Date.now() - opened > 1100)
    await temporal('workflow', 'signal', '--workflow-id', id, '--name', 'approve')
    const shown = JSON.parse(await temporal('workflow', 'result', '--workflow-id', id, '--output', 'json'))
    expect(shown.result).toMatchObject({
      status: 'completed',
      items: [{ id: '1', status: 'ok', text: expect.stringContaining('SIMULATED answer to: "say hello"') }],
    })
    expect(shown.result).toEqual(await handle.result())
  })
})

describe('a run id', () => {
  it('names one run: started again it is refused, and the run that has it goes on', async () => {
    const id = nextId()
    const input = { items: [{ prompt: 'once' }], confirm: 'always' }
    const handle = await stage.start('parallel', input, { id })
    await expect(stage.start('parallel', input, { id })).rejects.toBeInstanceOf(WorkflowExecutionAlreadyStartedError)
    const { approvals } = await stage.reach(handle, 'waiting')
    await handle.signal('approve', { digest: approvals[0]?.digest })
    expect((await resultOf(stage.client.workflow.getHandle(id))).status).toBe('completed')
  })
})
