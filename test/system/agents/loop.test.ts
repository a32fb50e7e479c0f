// An agent at work: the model is asked, its tools are run, their results go back, through a real server, worker and
// simulator, in a workspace on this disk.
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { RuleInput } from '../../../src/simulator/rules.js'
import { questions, say, scheduled, uses } from '../../support/agents.js'
import { type Recorder, type SentBlock, startRecorder } from '../../support/recorder.js'
import { failureOf } from '../../support/run-result.js'
import { openStage, type Stage } from '../../support/stage.js'
import { answered, ask, messagesOf, send } from '../../support/thread.js'
import { until } from '../../support/until.js'
import { verifyHistory } from '../../support/verify.js'

let stage: Stage
let recorder: Recorder
let workspace: string
beforeAll(async () => {
  workspace = await realpath(await mkdtemp(join(tmpdir(), 'ensemble-workspace-')))
  await mkdir(join(workspace, 'src'))
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
  await writeFile(join(workspace, 'src/a.ts'), 'export const a = 1\n')
  await writeFile(join(workspace, 'src/b.ts'), 'export const b = 2\n')
  stage.simulator.resetJournal()
})

const script = (...rules: RuleInput[]) => stage.simulator.setRules(rules)
const tester = { name: 'tester', prompt: 'You test.', tools: ['Read', 'Edit', 'Bash', 'agent'] }
const agent = (input: object = {}) => stage.start('thread', { agent: tester, workspace, stream: false, ...input })
/** The results of tools in the last request that has this in it. */
const toldIn = (holding: string): SentBlock[] => {
  const request = recorder.all().findLast((sent) => JSON.stringify(sent.messages).includes(holding))
  return request?.messages.at(-1)?.content.filter(({ type }) => type === 'tool_result') ?? []
}
const reads = (...names: string[]) =>
  uses(...names.map((name) => ({ name: 'Read', id: `read-${name}`, input: { file_path: `src/${name}.ts` } })))

describe('an agent', () => {
  it('reads what it asks for, in parallel, and answers; to people it is one turn', async () => {
    script(
      { match: { prompt: 'compare the files' }, reply: { blocks: [say('I look.'), ...reads('a', 'b')] } },
      { match: { prompt: 'export const b = 2' }, reply: { text: 'They differ.' } },
    )
    const run = await agent({ task: 'compare the files' })
    const result = await run.result()
    expect(result).toMatchObject({ status: 'completed', answer: 'They differ.', turns: 1 })
    expect((await messagesOf(run)).turns).toMatchObject([{ turn: 1, status: 'ok', text: 'They differ.' }])
    expect(await run.query('length')).toBe(1)
    const told = toldIn('compare the files')
    expect(told.map(({ tool_use_id: id }) => id)).toEqual(['read-a', 'read-b'])
    expect(JSON.stringify(told)).toMatch(/export const a = 1.*export const b = 2/s)
    expect(
      recorder
        .all()
        .at(-1)
        ?.tools?.map(({ name }) => name),
    ).toEqual(['Read', 'Edit', 'Bash', 'agent'])
    // One activity for the model and one for each tool; the audit beside them.
    expect((await scheduled(run)).filter((name) => name !== 'appendAudit')).toEqual([
      'prepareThread',
      'answerTurn',
      'runTool',
      'runTool',
      'answerTurn',
    ])
    await verifyHistory(run)
  })

  it('is asked about once before it edits, with the exact arguments, and goes on with the yes', async () => {
    const input = { file_path: 'src/a.ts', old_string: 'a = 1', new_string: 'a = 7' }
    script(
      { match: { prompt: 'raise a' }, reply: { blocks: uses({ name: 'Edit', input }) } },
      { match: {}, reply: { text: 'Done.' } },
    )
    const run = await agent({ task: 'raise a' })
    const [question] = await questions(stage, run)
    expect(question).toMatchObject({ tool: { tool: 'Edit', agent: 'tester' } })
    expect(JSON.parse(question?.tool?.arguments ?? '')).toEqual(input)
    expect(await readFile(join(workspace, 'src/a.ts'), 'utf8')).toBe('export const a = 1\n')
    await run.executeUpdate('decide', { args: [{ kind: 'approve', digest: question?.digest, by: 'reviewer' }] })
    expect(await run.result()).toMatchObject({ status: 'completed', answer: 'Done.' })
    expect(await readFile(join(workspace, 'src/a.ts'), 'utf8')).toBe('export const a = 7\n')
    await verifyHistory(run)
  })

  it('runs other arguments that a person approved instead, once they fit', async () => {
    const input = { file_path: 'src/a.ts', old_string: 'a = 1', new_string: 'a = 8' }
    script(
      { match: { prompt: 'raise it' }, reply: { blocks: uses({ name: 'Edit', input }) } },
      { match: {}, reply: { text: 'Done.' } },
    )
    const run = await agent({ task: 'raise it' })
    const [question] = await questions(stage, run)
    const edited = { kind: 'approve', digest: question?.digest, input: { ...input, new_string: 9 } }
    await run.executeUpdate('decide', { args: [edited] })
    const [again] = await until('the question again', async () => {
      const open = await questions(stage, run)
      return open[0]?.digest !== question?.digest && open
    })
    expect(again).toMatchObject({ problem: expect.stringContaining('new_string') })
    const fitting = { kind: 'approve', digest: again?.digest, input: { ...input, new_string: 'a = 9' } }
    await run.executeUpdate('decide', { args: [fitting] })
    await run.result()
    expect(await readFile(join(workspace, 'src/a.ts'), 'utf8')).toBe('export const a = 9\n')
    await verifyHistory(run)
  })

  it('hears why a person said no, and what no person has to decide is never asked', async () => {
    script(
      {
        match: { prompt: 'change both' },
        reply: {
          blocks: uses(
            { name: 'Edit', id: 'e1', input: { file_path: 'src/a.ts', old_string: 'a', new_string: 'x' } },
            { name: 'Read', id: 'r1', input: { file_path: '/etc/passwd' } },
            { name: 'Wipe', id: 'w1' },
            { name: 'Read', id: 'r2', input: { path: 1 } },
          ),
        },
      },
      { match: {}, reply: { text: 'So be it.' } },
    )
    const run = await agent({ task: 'change both' })
    const open = await questions(stage, run)
    expect(open).toHaveLength(1)
    await run.executeUpdate('decide', {
      args: [{ kind: 'reject', digest: open[0]?.digest, note: 'leave it', by: 'reviewer' }],
    })
    expect(await run.result()).toMatchObject({ status: 'completed', answer: 'So be it.' })
    const told = toldIn('change both')
    expect(told.map(({ tool_use_id: id, is_error }) => [id, is_error])).toEqual(
      ['e1', 'r1', 'w1', 'r2'].map((id) => [id, true]),
    )
    const texts = told.map(({ content }) => JSON.stringify(content))
    expect(texts[0]).toContain('denied by a person: leave it')
    expect(texts[1]).toContain('outside the workspace')
    expect(texts[2]).toContain('there is no tool')
    expect(texts[3]).toContain('file_path')
    await verifyHistory(run)
  })

  it('goes on with what was said before, tools and results included', async () => {
    script(
      { match: { prompt: 'look at a' }, reply: { blocks: reads('a') } },
      { match: { prompt: 'and now' }, reply: { text: 'Still 1.' } },
      { match: {}, reply: { text: 'It is 1.' } },
    )
    const run = await agent()
    expect(await ask(run, 'look at a')).toMatchObject({ status: 'ok', text: 'It is 1.' })
    expect(await ask(run, 'and now')).toMatchObject({ status: 'ok', text: 'Still 1.' })
    const { messages = [] } = recorder.requests('and now').at(-1) ?? {}
    expect(messages.map(({ role, content }) => [role, ...content.map(({ type }) => type)])).toEqual([
      ['user', 'text'],
      ['assistant', 'tool_use'],
      ['user', 'tool_result'],
      ['assistant', 'text'],
      ['user', 'text'],
    ])
    await run.signal('close')
    expect(await run.result()).toMatchObject({ status: 'completed', turns: 2 })
    await verifyHistory(run)
  })

  it('stops at its most steps, says so, and keeps the conversation whole', async () => {
    script(
      { match: { prompt: 'are you there' }, reply: { text: 'Yes.' } },
      { match: {}, reply: { blocks: uses({ name: 'Read', input: { file_path: 'src/a.ts' } }) } },
    )
    const run = await agent({ maxSteps: 3 })
    expect(await ask(run, 'for ever')).toMatchObject({ status: 'error', error: { type: 'TooManySteps' } })
    expect(stage.simulator.journal().posts).toBe(3)
    expect(await ask(run, 'are you there')).toMatchObject({ status: 'ok', text: 'Yes.' })
    const sent = recorder.requests('are you there').at(-1)?.messages ?? []
    const ids = (type: string, field: string) =>
      sent.flatMap(({ content }) => content.filter((block) => block.type === type).map((block) => block[field]))
    expect(ids('tool_result', 'tool_use_id')).toEqual(ids('tool_use', 'id'))
    expect(ids('tool_use', 'id')).toHaveLength(3)
    await run.signal('close')
    await run.result()
    await verifyHistory(run)
  })

  it('answers last in the form that was asked for', async () => {
    const output = {
      type: 'object',
      properties: { a: { type: 'number' } },
      required: ['a'],
      additionalProperties: false,
    }
    script({ match: { prompt: 'what is a' }, reply: { blocks: reads('a') } }, { match: {}, reply: { json: { a: 1 } } })
    const run = await agent({ agent: { ...tester, output }, task: 'what is a' })
    expect(await run.result()).toMatchObject({ status: 'completed', output: { a: 1 } })
    script(
      { match: { prompt: 'what is b' }, reply: { blocks: reads('b') } },
      { match: {}, reply: { text: 'It is two.' } },
    )
    const other = await agent({ agent: { ...tester, output }, task: 'what is b' })
    expect(await failureOf(other)).toMatchObject({ type: 'RunFailed', message: expect.stringContaining('JSON') })
  })

  it('steered, leaves what it does and goes on with what was said', async () => {
    script(
      { match: { prompt: 'wait a while' }, reply: { blocks: uses({ name: 'Bash', input: { command: 'sleep 30' } }) } },
      { match: { prompt: 'never mind' }, reply: { text: 'Fine.' } },
    )
    const run = await agent({ permissions: { allow: ['Bash(sleep:*)'] }, allowUnsandboxed: true })
    const turn = await send(run, 'wait a while')
    await until('the tool to run', async () =>
      (await run.describe()).raw.pendingActivities?.some(
        ({ activityType, state }) => activityType?.name === 'runTool' && state === 2,
      ),
    )
    await run.signal('steer', 'never mind')
    expect(await answered(run, turn)).toMatchObject({ status: 'interrupted' })
    expect(await answered(run, turn + 1)).toMatchObject({ status: 'ok', text: 'Fine.' })
    expect(JSON.stringify(recorder.requests('never mind').at(-1)?.messages)).toMatch(/tool_result.*never mind/s)
    await run.signal('close')
    await run.result()
    await verifyHistory(run)
  })

  it('waits at its budget before the call that may pass it, and goes on with more', async () => {
    script({ match: { prompt: 'spend' }, reply: { blocks: reads('a') } }, { match: {}, reply: { text: 'Spent.' } })
    const run = await agent({ task: 'spend', budgetUsd: 0.00001 })
    const [first] = await questions(stage, run)
    expect(first).toMatchObject({ name: 'budget', budget: { spentUsd: 0, capUsd: 0.00001 } })
    expect(stage.simulator.journal().posts).toBe(0)
    await run.signal('raiseBudget', { usd: 1 })
    const { status, usd, budget } = await run.result()
    expect(status).toBe('completed')
    expect(budget).toMatchObject({ spentUsd: usd, reservedUsd: 0 })
    expect(budget.spentUsd).toBeLessThanOrEqual(budget.capUsd)
    await verifyHistory(run)

    const other = await agent({ task: 'spend nothing', budgetUsd: 0.00001 })
    await questions(stage, other)
    await other.executeUpdate('decide', {
      args: [{ kind: 'reject', by: 'reviewer', digest: (await questions(stage, other))[0]?.digest }],
    })
    expect(await failureOf(other)).toMatchObject({ message: expect.stringContaining('allowed no more') })
  })
})
