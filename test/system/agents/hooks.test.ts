// What people's own commands hear of an agent at work, what they may forbid or change, and what they never see.
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { HookPayload } from '../../../src/contracts/hooks.js'
import type { RuleInput } from '../../../src/simulator/rules.js'
import { questions, uses } from '../../support/agents.js'
import { type Recorder, startRecorder } from '../../support/recorder.js'
import { openStage, type Stage } from '../../support/stage.js'
import { until } from '../../support/until.js'
import { verifyHistory } from '../../support/verify.js'

let stage: Stage
let recorder: Recorder
let workspace: string
beforeAll(async () => {
  workspace = await realpath(await mkdtemp(join(tmpdir(), 'ensemble-hooks-')))
  stage = await openStage({ workers: 0 })
  recorder = await startRecorder(stage.simulator.url)
  await stage.addWorker({ baseUrl: recorder.url })
})
afterAll(async () => {
  await stage.close()
  await recorder.close()
  await rm(workspace, { recursive: true, force: true })
})
beforeEach(async () => {
  await rm(join(workspace, 'heard'), { force: true })
  await writeFile(join(workspace, 'a.txt'), 'the first file\n')
  await writeFile(join(workspace, 'b.txt'), 'the second file\n')
})

const script = (...rules: RuleInput[]) => stage.simulator.setRules(rules)
const command = (text: string) => ({ hooks: [{ type: 'command', command: text }] })
const listen = command('cat >> heard; echo >> heard')
const answer = (value: object) => command(`echo '${JSON.stringify(value)}'`)
const agent = (task: string, hooks: object) =>
  stage.start('thread', {
    agent: { name: 'tester', prompt: 'You test.', tools: ['Read', 'Bash'] },
    ...{ workspace, stream: false, task, maxRetries: 0, hooks },
  })
const heard = async () =>
  (await readFile(join(workspace, 'heard'), 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as HookPayload)
/** What the model was last sent. */
const sent = () => JSON.stringify(recorder.all().at(-1)?.messages)
const read = (file_path: string) => uses({ name: 'Read', input: { file_path } })

it('every event is told once, in order, by an id of its own', async () => {
  script(
    { match: { prompt: 'read it' }, reply: { blocks: read('a.txt') } },
    { match: { prompt: 'the first file' }, reply: { text: 'Read.' } },
  )
  const events = ['session_start', 'prompt_submission', 'pre_tool_use', 'post_tool_use', 'session_end', 'run_finished']
  const run = await agent('read it', Object.fromEntries(events.map((event) => [event, [listen]])))
  expect(await run.result()).toMatchObject({ status: 'completed', answer: 'Read.' })
  const all = await heard()
  expect(all.map(({ event }) => event)).toEqual(events)
  expect(new Set(all.map(({ id }) => id)).size).toBe(events.length)
  for (const payload of all) expect(payload).toMatchObject({ run: run.workflowId, workflow: 'thread', agent: 'tester' })
  expect(all[2]).toMatchObject({ tool: 'Read', input: { file_path: 'a.txt' } })
  expect(all.at(-1)).toMatchObject({ status: 'completed' })
  await verifyHistory(run)
})

it('a hook puts other arguments in place, and adds what the model shall know', async () => {
  script(
    { match: { prompt: 'read a' }, reply: { blocks: read('a.txt') } },
    { match: { prompt: 'the second file' }, reply: { text: 'Read.' } },
  )
  const changed = { hookSpecificOutput: { updatedInput: { file_path: 'b.txt' } } }
  const told = { hookSpecificOutput: { additionalContext: 'files are old here' } }
  const run = await agent('read a', { pre_tool_use: [answer(changed)], post_tool_use: [answer(told)] })
  expect(await run.result()).toMatchObject({ status: 'completed', answer: 'Read.' })
  expect(sent()).toContain('[From a hook] files are old here')
  expect(sent()).not.toContain('the first file')
})

it('a hook forbids a tool, for what it is used for; the model hears why and goes on', async () => {
  script(
    { match: { prompt: 'read both' }, reply: { blocks: [...read('a.txt'), ...read('b.txt')] } },
    { match: {}, reply: { text: 'One.' } },
  )
  const guard = command('grep -q b.txt && { echo "b.txt is not for agents" >&2; exit 2; }; exit 0')
  const run = await agent('read both', { pre_tool_use: [{ matcher: 'Read', ...guard }] })
  expect(await run.result()).toMatchObject({ status: 'completed', answer: 'One.' })
  expect(sent()).toContain('the first file')
  expect(sent()).toContain('b.txt is not for agents')
  expect(sent()).not.toContain('the second file')
})

it('a guard that is broken lets nothing through', async () => {
  script({ match: { prompt: 'read a' }, reply: { blocks: read('a.txt') } }, { match: {}, reply: { text: 'No.' } })
  const run = await agent('read a', { pre_tool_use: [command('exit 127')] })
  expect(await run.result()).toMatchObject({ status: 'completed', answer: 'No.' })
  expect(sent()).toContain('failed: exit code 127')
  expect(sent()).not.toContain('the first file')
})

it('a question about a tool is told to who listens, while it waits', async () => {
  script(
    { match: { prompt: 'run it' }, reply: { blocks: uses({ name: 'Bash', input: { command: 'id' } }) } },
    { match: {}, reply: { text: 'Not run.' } },
  )
  const run = await agent('run it', { approval_requested: [listen] })
  const [question] = await questions(stage, run)
  const [told] = await until('the hook to hear of it', async () => {
    const all = await heard().catch(() => [])
    return all.length > 0 && all
  })
  expect(told).toMatchObject({ event: 'approval_requested', tool: 'Bash', digest: question?.digest, agent: 'tester' })
  await run.executeUpdate('decide', { args: [{ kind: 'reject', digest: question?.digest, by: 'reviewer' }] })
  expect(await run.result()).toMatchObject({ answer: 'Not run.' })
})

it('a prompt that a hook forbids reaches no model', async () => {
  script({ match: {}, reply: { text: 'Said.' } })
  const before = recorder.all().length
  const guard = command('grep -q password && { echo "no secrets in prompts" >&2; exit 2; }; exit 0')
  const run = await agent('my password is x', { prompt_submission: [guard] })
  await expect(run.result()).rejects.toThrow()
  expect(recorder.all().length).toBe(before)
})
