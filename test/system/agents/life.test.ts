// What an agent's turn survives: being stopped wherever it is, continuing as new in the middle, agents of its own.
import { realpath, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { findAudits } from '../../../src/audit/files.js'
import { entriesOf, verifyAudit } from '../../../src/audit/verify.js'
import type { RuleInput } from '../../../src/simulator/rules.js'
import { questions, say, uses } from '../../support/agents.js'
import { type Recorder, startRecorder } from '../../support/recorder.js'
import { openStage, type Stage } from '../../support/stage.js'
import { answered, ask, send } from '../../support/thread.js'
import { until } from '../../support/until.js'
import { verifyHistory } from '../../support/verify.js'

let stage: Stage
let recorder: Recorder
let workspace: string
beforeAll(async () => {
  stage = await openStage({ workers: 0 })
  workspace = await realpath(stage.home)
  await writeFile(join(workspace, 'a.txt'), 'one\n')
  recorder = await startRecorder(stage.simulator.url)
  await stage.addWorker({ baseUrl: recorder.url })
})
afterAll(async () => {
  await stage.close()
  await recorder.close()
})

const script = (...rules: RuleInput[]) => stage.simulator.setRules(rules)
const tester = { name: 'tester', prompt: 'You test.', tools: ['Read', 'Edit', 'Bash', 'agent'] }
const agent = (input: object = {}) => stage.start('thread', { agent: tester, workspace, stream: false, ...input })
const read = { name: 'Read', input: { file_path: 'a.txt' } }
const sleep = { name: 'Bash', input: { command: 'sleep 60' } }
const SLEEPS = { permissions: { allow: ['Bash(sleep:*)'] }, allowUnsandboxed: true }

const pending = (run: WorkflowHandle, name: string) =>
  until(`${name} to run`, async () =>
    (await run.describe().catch(() => undefined))?.raw.pendingActivities?.some(
      ({ activityType, state }) => activityType?.name === name && state === 2,
    ),
  )

async function reached(run: WorkflowHandle, at: string): Promise<void> {
  if (at === '') await questions(stage, run)
  else if (at === 'child')
    await pending(stage.client.workflow.getHandle(`${run.workflowId}/explorer-1.1.1`), 'answerTurn')
  else await pending(run, at)
}

/** What was begun after the first interruption, or cancellation, that asks a model or runs a tool. */
async function begunAfterwards(run: WorkflowHandle): Promise<string[]> {
  const { events = [] } = await run.fetchHistory()
  const all = events ?? []
  const from = all.findIndex(
    ({ workflowExecutionSignaledEventAttributes: signal, workflowExecutionCancelRequestedEventAttributes: cancel }) =>
      signal?.signalName === 'interrupt' || cancel,
  )
  expect(from).toBeGreaterThan(0)
  const names = all
    .slice(from)
    .flatMap(({ activityTaskScheduledEventAttributes: activity }) => activity?.activityType?.name ?? [])
  return names.filter((name) => ['answerTurn', 'runTool', 'judgeCalls', 'condense'].includes(name))
}

/** What an agent may be at when it is stopped. */
const AT_WORK: [string, RuleInput[], string][] = [
  [
    'while the model answers',
    [{ match: { prompt: 'go' }, reply: { text: 'word '.repeat(2000), tokensPerSecond: 20 } }],
    'answerTurn',
  ],
  ['while a tool runs', [{ match: { prompt: 'go' }, reply: { blocks: uses(read, sleep) } }], 'runTool'],
  [
    'while a person is asked',
    [{ match: { prompt: 'go' }, reply: { blocks: uses(read, { ...sleep, input: { command: 'rm x' } }) } }],
    '',
  ],
  [
    'while another agent works',
    [
      {
        match: { prompt: 'go' },
        reply: { blocks: uses({ name: 'agent', input: { name: 'explorer', task: 'dig deep' } }) },
      },
      { match: { prompt: 'dig deep' }, reply: { text: 'word '.repeat(2000), tokensPerSecond: 20 } },
    ],
    'child',
  ],
]

it.each(AT_WORK)('interrupted %s it ends, keeps what it has, and begins nothing more', async (_, rules, at) => {
  script(...rules, { match: { prompt: 'and now' }, reply: { text: 'Here.' } })
  const run = await agent(SLEEPS)
  const turn = await send(run, 'go')
  await reached(run, at)
  await run.signal('interrupt')
  expect(await answered(run, turn)).toMatchObject({ status: 'interrupted' })
  expect(await begunAfterwards(run)).toEqual([])
  expect(await ask(run, 'and now')).toMatchObject({ status: 'ok', text: 'Here.' })
  const sent = recorder.requests('and now').at(-1)?.messages ?? []
  const ids = (type: string, field: string) =>
    sent.flatMap(({ content }) => content.filter((block) => block.type === type).map((block) => block[field]))
  expect(ids('tool_result', 'tool_use_id')).toEqual(ids('tool_use', 'id'))
  await run.signal('close')
  await run.result()
  await verifyHistory(run)
})

it.each(AT_WORK)('cancelled %s it ends as that, begins nothing more, and its audit is whole', async (_, rules, at) => {
  script(...rules)
  const run = await agent({ ...SLEEPS, task: 'go' })
  await reached(run, at)
  await run.cancel()
  await expect(run.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } })
  expect(await begunAfterwards(run)).toEqual([])
  if (at === 'child') {
    const child = stage.client.workflow.getHandle(`${run.workflowId}/explorer-1.1.1`)
    await until('its agent to end, too', async () => (await child.describe()).status.name !== 'RUNNING')
  }
  await until('the request to be closed', () => stage.simulator.journal().inFlight === 0)
  const [audit] = await findAudits(join(stage.home, 'store'), run.workflowId)
  expect(verifyAudit(audit?.text ?? '', run.workflowId).ok).toBe(true)
  expect(entriesOf(audit?.text ?? '').at(-1)).toMatchObject({ type: 'session_end', status: 'cancelled' })
  await verifyHistory(run)
})

it('gives a task to another agent, which may do no more than itself, and three deep at most', async () => {
  const nest = { name: 'nest', prompt: 'You nest.', tools: ['Read', 'agent'] }
  const start = (task: string) => uses({ name: 'agent', input: { name: 'nest', task } })
  script(
    { match: { prompt: 'level 0' }, reply: { blocks: start('level 1') } },
    { match: { prompt: 'level 1' }, reply: { blocks: start('level 2') } },
    { match: { prompt: 'level 2' }, reply: { blocks: start('level 3') } },
    {
      match: { prompt: 'level 3' },
      reply: { blocks: [...start('level 4'), ...uses({ name: 'Bash', input: { command: 'id' } })] },
    },
    { match: { prompt: 'Bash' }, reply: { text: 'I am the deepest.' } },
    { match: {}, reply: { text: 'It said: {prompt}' } },
  )
  const run = await agent({ agent: { ...nest, tools: ['Read', 'agent'] }, agents: [nest], task: 'level 0' })
  const { status, answer, usd } = await run.result()
  expect({ status, answer }).toEqual({
    status: 'completed',
    answer: 'It said: It said: It said: I am the deepest.',
  })
  const ids = ['nest-1.1.1', 'nest-1.1.1/nest-1.1.1', 'nest-1.1.1/nest-1.1.1/nest-1.1.1']
  const children = await Promise.all(
    ids.map((id) => stage.client.workflow.getHandle(`${run.workflowId}/${id}`).result()),
  )
  expect(children.map((child) => child.status)).toEqual(['completed', 'completed', 'completed'])
  expect(usd).toBeGreaterThan(children[0].usd)
  const deepest = recorder.all().findLast((sent) => JSON.stringify(sent.messages[0]).includes('level 3'))
  expect(deepest?.tools?.map(({ name }) => name)).toEqual(['Read'])
  await verifyHistory(run)
})

it('continues as new in the middle of a turn and loses nothing', async () => {
  // Sixty-four calls that do not fit say so at length: a history grows quickly.
  const wrong = Array.from({ length: 64 }, (_, index) => ({
    name: 'Read',
    id: `w${index}-{n}`,
    input: Object.fromEntries(
      Array.from({ length: 60 }, (_, field) => [`unknown field ${field} ${'x'.repeat(20)}`, 1]),
    ),
  }))
  const steps = 9
  script(
    ...Array.from({ length: steps }, (_, step) => ({
      match: {},
      times: 1,
      reply: {
        blocks: [say(`Step ${step + 1}.`), ...uses(...wrong.map((use) => ({ ...use, id: `${use.id}${step}` })))],
      },
    })),
    { match: {}, reply: { text: 'At last.' } },
  )
  const run = await agent({ task: 'go on for long' })
  const first = (await run.describe()).runId
  await send(run, 'say later')
  const { status, turns, audit } = await run.result()
  expect({ status, turns }).toEqual({ status: 'completed', turns: 2 })
  expect((await stage.client.workflow.getHandle(run.workflowId).describe()).runId).not.toBe(first)
  expect(audit.entries).toBeGreaterThan(steps * 64)
  const last = recorder.all().at(-1)?.messages ?? []
  expect(last.filter(({ role }) => role === 'assistant')).toHaveLength(steps + 1)
  await verifyHistory(stage.client.workflow.getHandle(run.workflowId))
  await verifyHistory(stage.client.workflow.getHandle(run.workflowId, first))
})
