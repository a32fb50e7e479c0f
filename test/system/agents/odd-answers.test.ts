// What a model may do wrong while it uses tools: it is told, it goes on, and the turn ends all the same.
import { realpath, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { ThreadMessages } from '../../../src/contracts/thread.js'
import type { RuleInput } from '../../../src/simulator/rules.js'
import { say, scheduled, uses } from '../../support/agents.js'
import { type Recorder, startRecorder } from '../../support/recorder.js'
import { failureOf, resultOf } from '../../support/run-result.js'
import { openStage, type Stage } from '../../support/stage.js'
import { verifyHistory } from '../../support/verify.js'

let stage: Stage
let recorder: Recorder
let workspace: string
beforeAll(async () => {
  stage = await openStage({ workers: 0 })
  workspace = await realpath(stage.home)
  recorder = await startRecorder(stage.simulator.url)
  await stage.addWorker({ baseUrl: recorder.url })
})
afterAll(async () => {
  await stage.close()
  await recorder.close()
})
beforeEach(() => stage.simulator.resetJournal())

const script = (...rules: RuleInput[]) => stage.simulator.setRules(rules)
const agent = (task: string, more: object = {}) =>
  stage.start('thread', {
    agent: { name: 'tester', prompt: 'You test.', tools: ['Read'] },
    ...{ workspace, stream: false, task, maxRetries: 0, ...more },
  })
const last = () => recorder.all().at(-1)?.messages.at(-1)?.content ?? []
const read = { name: 'Read', input: { file_path: 'workers.log' } }
const toolsRun = async (run: Awaited<ReturnType<typeof agent>>) =>
  (await scheduled(run)).filter((name) => name === 'runTool').length

it('a tool whose arguments were cut is not run; the model hears why and asks again', async () => {
  script(
    {
      match: { prompt: 'cut it' },
      reply: {
        blocks: [say('I read.'), ...uses({ name: 'Read', id: 'cut', json: '{"file_path": "wor' })],
        stopReason: 'max_tokens',
      },
    },
    { match: {}, reply: { text: 'Enough.' } },
  )
  const run = await agent('cut it')
  expect(await run.result()).toMatchObject({ status: 'completed', answer: 'Enough.' })
  expect(last()).toMatchObject([{ type: 'tool_result', tool_use_id: 'cut', is_error: true }])
  expect(JSON.stringify(last())).toContain('cut at the most tokens')
  expect(await toolsRun(run)).toBe(0)
  await verifyHistory(run)
})

it('a tool in an answer that stopped for another reason is not run either', async () => {
  script({ match: {}, reply: { blocks: [say('There.'), ...uses(read)], stopReason: 'end_turn' } })
  const run = await agent('end it')
  expect(await run.result()).toMatchObject({ status: 'completed', answer: 'There.' })
  expect(await toolsRun(run)).toBe(0)
})

it('always cut, it ends at its most steps', async () => {
  script({ match: {}, reply: { blocks: uses(read), stopReason: 'max_tokens' } })
  const run = await agent('cut always', { maxSteps: 4 })
  expect(await failureOf(run)).toMatchObject({ type: 'RunFailed', message: expect.stringContaining('4 model calls') })
  expect(stage.simulator.journal().posts).toBe(4)
  await verifyHistory(run)
})

it('an empty answer after results is asked for once more, then it is the answer', async () => {
  const empty = { blocks: [], stopReason: 'end_turn' as const }
  script(
    { match: { prompt: 'say nothing' }, reply: { blocks: uses(read) } },
    { match: { prompt: 'Your answer was empty' }, reply: empty },
    { match: {}, reply: empty },
  )
  const run = await agent('say nothing')
  const result = await run.result()
  expect(result).toMatchObject({ status: 'completed', answer: '' })
  expect(stage.simulator.journal().posts).toBe(3)
  expect(JSON.stringify(last())).toContain('Your answer was empty')
  await verifyHistory(run)
})

it('a refusal ends the turn and leaves the results where they were', async () => {
  script(
    { match: { prompt: 'forbidden' }, reply: { blocks: uses(read) } },
    { match: {}, reply: { blocks: [], stopReason: 'refusal', category: 'cyber' } },
  )
  const run = await agent('forbidden')
  expect(await failureOf(run)).toMatchObject({ message: expect.stringContaining('declined') })
})

it('a paused turn is continued with what there was, and not for ever', async () => {
  script({ match: {}, reply: { blocks: [say('Still at it.')], stopReason: 'pause_turn' } })
  const run = await agent('pause it', { model: 'haiku-4-5' })
  expect(await run.result()).toMatchObject({ status: 'completed' })
  expect(stage.simulator.journal().posts).toBeLessThanOrEqual(11)
})

it('of thousands of tool calls some are run, and the model hears of the others', async () => {
  const many = Array.from({ length: 3000 }, (_, index) => ({ ...read, id: `r${index}` }))
  script({ match: { prompt: 'read a lot' }, reply: { blocks: uses(...many) } }, { match: {}, reply: { text: 'Phew.' } })
  const run = await agent('read a lot')
  expect(await run.result()).toMatchObject({ status: 'completed', answer: 'Phew.' })
  expect(await toolsRun(run)).toBe(64)
  const told = last()
  expect(told.map(({ tool_use_id: id }) => id)).toEqual(many.map(({ id }) => id))
  expect(told.map(({ is_error }) => is_error === true).indexOf(true)).toBe(64)
  expect(JSON.stringify(told[64])).toContain('at most 64 tools')
  await verifyHistory(run)
})

it('two calls with one id are run once', async () => {
  const twice = [1, 2].map(() => ({ ...read, id: 'same' }))
  script({ match: { prompt: 'twice' }, reply: { blocks: uses(...twice) } }, { match: {}, reply: { text: 'Once.' } })
  const run = await agent('twice')
  expect(await run.result()).toMatchObject({ status: 'completed', answer: 'Once.' })
  expect(await toolsRun(run)).toBe(1)
})

it('a context that is full in the middle of a turn is condensed, and the turn goes on', async () => {
  await writeFile(join(workspace, 'long.txt'), 'It is a long way to go. '.repeat(200))
  const dig = uses({ name: 'Read', input: { file_path: 'long.txt' } })
  script(
    { match: { prompt: 'Write a summary' }, reply: { text: 'It was asked to dig.' } },
    { match: {}, times: 4, reply: { blocks: dig } },
    { match: {}, reply: { text: 'Found.' } },
  )
  const run = await agent('dig', { model: 'haiku-4-5', condenseAt: 0.01 })
  expect(await run.result()).toMatchObject({ status: 'completed', answer: 'Found.' })
  expect(await scheduled(run)).toContain('condense')
  const messages = recorder.all().at(-1)?.messages ?? []
  expect(JSON.stringify(messages[0])).toContain('It was asked to dig.')
  const ids = (type: string, field: string) =>
    messages.flatMap(({ content }) => content.filter((block) => block.type === type).map((block) => block[field]))
  expect(ids('tool_result', 'tool_use_id')).toEqual(ids('tool_use', 'id'))
  expect(ids('tool_use', 'id').length).toBeLessThan(4)
  expect((await run.query<ThreadMessages>('messages')).turns).toMatchObject([{ turn: 1, text: 'Found.' }])
  await verifyHistory(run)
})

it('a model call that fails in the middle ends the turn; what was done before stays said', async () => {
  script(
    { match: { prompt: 'break down' }, reply: { blocks: [say('First I read.'), ...uses(read)] } },
    { match: {}, fault: { kind: '400', message: 'broken' } },
  )
  const result = await resultOf(await agent('break down'))
  expect(result).toMatchObject({ status: 'failed' })
  expect(result.usage.outputTokens).toBeGreaterThan(0)
})
