// An agent whose loop is the Claude Agent SDK's, with the real package and its program: it asks for tools, people approve,
// our tools act, and whatever dies in between, the edit happens once.
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ThreadResult } from '../../src/contracts/thread.js'
import { openStage, type Stage } from '../support/stage.js'
import { answered, ask, messagesOf, send } from '../support/thread.js'
import { until } from '../support/until.js'

const installed = process.env.ENSEMBLE_TEST_AGENT_SDK ?? ''
const BEFORE = 'one\n'
const edit = {
  type: 'tool_use',
  name: 'mcp__ensemble__Edit',
  input: { file_path: 'a.txt', old_string: 'one', new_string: 'one two' },
} as const
const asking = (prompt: string, ...blocks: object[]) => ({ match: { prompt }, reply: { blocks: blocks as never } })
let stage: Stage
let workspace: string

beforeAll(async () => {
  expect(installed, 'ENSEMBLE_TEST_AGENT_SDK: run npm run test:agent-sdk').not.toBe('')
  stage = await openStage({ workers: 0 })
  await addWorker()
})
afterAll(() => stage.close())
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'ensemble-engine-'))
  await writeFile(join(workspace, 'a.txt'), BEFORE)
  return () => rm(workspace, { recursive: true })
})

const addWorker = () => stage.addWorker({ env: { ENSEMBLE_AGENT_SDK: installed } })
const read = () => readFile(join(workspace, 'a.txt'), 'utf8')
const agent = { name: 'mender', prompt: 'You mend files.', tools: ['Read', 'Edit', 'Bash'] }
const start = (more: object = {}) => stage.start('thread', { agent, workspace, engine: 'agent-sdk', ...more })
const openQuestion = (thread: { workflowId: string }) =>
  until(`a question of ${thread.workflowId}`, async () => {
    const { approvals } = await stage.status(stage.client.workflow.getHandle(thread.workflowId))
    return approvals.find((approval) => !approval.answer)
  })

describe('the engine agent-sdk', () => {
  it('edits a file after a person has seen the exact arguments, and goes on in the next turn', async () => {
    stage.simulator.setRules([
      asking('Please mend it', { type: 'text', text: 'Mending.' }, edit),
      { match: { prompt: 'Edited a.txt' }, reply: { text: 'It is mended.' } },
      { match: { prompt: 'What did you do' }, reply: { text: 'I mended a.txt.' } },
    ])
    const thread = await start()
    const turn = await send(thread, 'Please mend it')
    const question = await openQuestion(thread)
    expect(question.tool).toMatchObject({ tool: 'Edit', agent: 'mender', effect: 'reconcilable' })
    expect(JSON.parse(question.tool?.arguments ?? '')).toEqual(edit.input)
    expect(await read()).toBe(BEFORE)
    await thread.executeUpdate('decide', { args: [{ kind: 'approve', digest: question.digest, by: 'mia' }] })
    const answer = await answered(thread, turn)
    expect(answer).toMatchObject({ status: 'ok', text: 'It is mended.' })
    expect(answer.usd).toBeGreaterThan(0)
    expect(answer.usage.outputTokens).toBeGreaterThan(0)
    expect(await read()).toBe('one two\n')
    expect(await ask(thread, 'What did you do?')).toMatchObject({ status: 'ok', text: 'I mended a.txt.' })
    expect((await messagesOf(thread)).turns.map(({ status }) => status)).toEqual(['ok', 'ok'])
    await thread.signal('close')
    const { audit } = (await thread.result()) as ThreadResult
    // session, prompt, call, permission, question, answer, tool, call, prompt, call, end
    expect(audit?.entries).toBe(11)
  })

  it('writes no files but those the agent owns, neither with an editing tool nor by a command', async () => {
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], { cwd: workspace })
    git('init', '-q')
    git('add', '--all')
    git('commit', '-qm', 'first')
    const bash = {
      type: 'tool_use',
      name: 'mcp__ensemble__Bash',
      input: { command: 'echo x > a.txt; echo y > own.txt' },
    }
    stage.simulator.setRules([
      asking('Please mend it', edit),
      asking('a.txt is not yours: you own own.txt', bash),
      { match: { prompt: 'put back, because they are not yours: a.txt' }, reply: { text: 'It is not mine.' } },
    ])
    const thread = await start({
      ...{ owns: ['own.txt'], permissionMode: 'acceptEdits', allowUnsandboxed: true, permissions: { allow: ['Bash'] } },
    })
    expect(await ask(thread, 'Please mend it')).toMatchObject({ status: 'ok', text: 'It is not mine.' })
    expect(await read()).toBe(BEFORE)
    expect(await readFile(join(workspace, 'own.txt'), 'utf8')).toBe('y\n')
    await thread.signal('close')
    await thread.result()
  })

  it('tells the model what a person denied, and the file stays', async () => {
    stage.simulator.setRules([
      asking('Please mend it', edit),
      { match: { prompt: 'denied by a person: not today' }, reply: { text: 'Then I leave it.' } },
    ])
    const thread = await start()
    const turn = await send(thread, 'Please mend it')
    const { digest } = await openQuestion(thread)
    await thread.executeUpdate('decide', { args: [{ kind: 'reject', digest, by: 'mia', note: 'not today' }] })
    expect(await answered(thread, turn)).toMatchObject({ status: 'ok', text: 'Then I leave it.' })
    expect(await read()).toBe(BEFORE)
    await thread.terminate()
  })

  it('has no tools but ours: plan mode refuses an edit, and a command of the program itself does not exist', async () => {
    stage.simulator.setRules([
      asking('Please mend it', edit),
      asking('plan', { type: 'tool_use', name: 'Write', input: { file_path: join(workspace, 'b.txt'), content: 'x' } }),
      { match: { prompt: '/No such tool|not available|Error/i' }, reply: { text: 'I only planned.' } },
    ])
    const thread = await start({ permissionMode: 'plan' })
    expect(await ask(thread, 'Please mend it')).toMatchObject({ status: 'ok', text: 'I only planned.' })
    expect(await read()).toBe(BEFORE)
    await expect(readFile(join(workspace, 'b.txt'))).rejects.toThrow('ENOENT')
    await thread.terminate()
  })

  it('killed while a person thinks, and again after the edit, is resumed: one edit', async () => {
    stage.simulator.setRules([
      asking('Please mend it', { type: 'text', text: 'Mending.' }, edit),
      { match: { prompt: 'is what became of them' }, reply: { text: 'Cut off.', delayMs: 5000 }, times: 1 },
      { match: { prompt: 'is what became of them' }, reply: { text: 'It is mended, once.' } },
      { match: { prompt: 'It may or may not have completed' }, reply: { text: 'I am cut off.' } },
    ])
    const thread = await start()
    const turn = await send(thread, 'Please mend it')
    const { digest } = await openQuestion(thread)
    const sessionOf = async () => {
      const { pendingActivities = [] } = (await thread.describe()).raw
      const details = pendingActivities?.[0]?.heartbeatDetails?.payloads?.[0]?.data
      return details && (JSON.parse(Buffer.from(details).toString()) as { session?: string }).session
    }
    const session = await until('a session in the heartbeat', sessionOf)
    const killWorker = async () => {
      await stage.workers.find((worker) => worker.running())?.kill()
      await addWorker()
    }
    await killWorker()
    await thread.executeUpdate('decide', { args: [{ kind: 'approve', digest, by: 'mia' }] })
    await until(
      'the model to be told of the edit',
      async () => stage.simulator.journal().inFlight > 0 && (await read()) !== BEFORE,
    )
    await killWorker()
    const answer = await answered(thread, turn)
    expect(answer).toMatchObject({ status: 'ok', text: 'It is mended, once.' })
    expect(session).toMatch(/^[0-9a-f-]{36}$/)
    expect(await read()).toBe('one two\n')
    const { approvals } = await stage.status(thread)
    expect(approvals).toHaveLength(1)
    await thread.terminate()
  })

  it('is interrupted in mid-sentence, keeps what had arrived, and goes on with what is said next', async () => {
    stage.simulator.setRules([
      {
        match: { prompt: 'tell me a long story' },
        reply: { bytes: 200_000, text: 'Once upon a time. ', tokensPerSecond: 100 },
      },
      { match: { prompt: 'something else' }, reply: { text: 'Gladly.' } },
    ])
    const thread = await start()
    const turn = await send(thread, 'tell me a long story')
    await until('words', async () => {
      const [pending] = (await thread.describe()).raw.pendingActivities ?? []
      const data = pending?.heartbeatDetails?.payloads?.[0]?.data
      return data && (JSON.parse(Buffer.from(data).toString()) as { tokens: number }).tokens > 20
    })
    await thread.signal('steer', 'something else')
    const first = await answered(thread, turn)
    expect(first.status).toBe('interrupted')
    expect(first.text).toMatch(/^Once upon a time\./)
    expect(await answered(thread, turn + 1)).toMatchObject({ status: 'ok', text: 'Gladly.' })
    await thread.terminate()
  })

  it('says in one line that the package is not installed', async () => {
    await stage.addWorker({ taskQueue: 'without' })
    const thread = await stage.start(
      'thread',
      { agent, workspace, engine: 'agent-sdk', task: 'x' },
      { taskQueue: 'without' },
    )
    await expect(thread.result()).rejects.toMatchObject({
      cause: { type: 'InvalidInput', message: /npm install @anthropic-ai\/claude-agent-sdk/ },
    })
  })
})
