// An agent at work: the model is asked, its tools are run, their results go back, through a real server, worker and
// simulator, in a workspace on this disk.
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { RuleInput } from '../../../src/simulator/rules.js'
import { type Recorder, type SentBlock, startRecorder } from '../../support/recorder.js'
import { openStage, type Stage } from '../../support/stage.js'
import { messagesOf } from '../../support/thread.js'
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

type Use = { name: string; input?: unknown; id?: string; json?: string }
const uses = (...tools: Use[]) => tools.map((tool) => ({ type: 'tool_use' as const, input: {}, ...tool }))
const say = (text: string) => ({ type: 'text' as const, text })
/** The questions that wait, once there are so many. */
const open = (run: WorkflowHandle, count = 1) =>
  until(`${count} questions`, async () => {
    const { approvals } = await stage.status(run)
    const waiting = approvals.filter(({ answer }) => !answer)
    return waiting.length >= count && waiting
  })
/** The first turn asks for tools, what comes back is answered with a word. */
const script = (...rules: RuleInput[]) => stage.simulator.setRules(rules)
const agent = (input: object = {}) =>
  stage.start('thread', {
    agent: { name: 'tester', prompt: 'You test.', tools: ['Read', 'Edit'] },
    workspace,
    stream: false,
    ...input,
  })
const lastRequest = (holding: string) => recorder.all().findLast((sent) => JSON.stringify(sent).includes(holding))
const resultsIn = (blocks: SentBlock[] = []) => blocks.filter(({ type }) => type === 'tool_result')

describe('an agent', () => {
  it('reads what it asks for, in parallel, and answers; to people it is one turn', async () => {
    script(
      {
        match: { prompt: 'compare the files' },
        reply: {
          blocks: [
            say('I look.'),
            ...uses(
              { name: 'Read', id: 'r-a', input: { file_path: 'src/a.ts' } },
              { name: 'Read', id: 'r-b', input: { file_path: 'src/b.ts' } },
            ),
          ],
        },
      },
      { match: { prompt: 'export const b = 2' }, reply: { text: 'They differ.' } },
    )
    const run = await agent({ task: 'compare the files' })
    const result = await run.result()
    expect(result).toMatchObject({ status: 'completed', answer: 'They differ.', turns: 1 })
    expect((await messagesOf(run)).turns).toMatchObject([{ turn: 1, status: 'ok', text: 'They differ.' }])
    const told = lastRequest('tool_result')?.messages.at(-1)?.content ?? []
    expect(resultsIn(told).map(({ tool_use_id: id }) => id)).toEqual(['r-a', 'r-b'])
    expect(JSON.stringify(told)).toMatch(/export const a = 1.*export const b = 2/s)
    await verifyHistory(run)
  })

  it('is asked about once before it edits, with the exact arguments, and goes on with the yes', async () => {
    const input = { file_path: 'src/a.ts', old_string: 'a = 1', new_string: 'a = 7' }
    script(
      { match: { prompt: 'raise a' }, reply: { blocks: uses({ name: 'Edit', input }) } },
      { match: { prompt: '/edit|replaced|changed/i' }, reply: { text: 'Done.' } },
    )
    const run = await agent({ task: 'raise a' })
    const [question] = await open(run)
    expect(question).toMatchObject({ tool: { tool: 'Edit', agent: 'tester' } })
    expect(JSON.parse(question?.tool?.arguments ?? '')).toEqual(input)
    expect(await readFile(join(workspace, 'src/a.ts'), 'utf8')).toBe('export const a = 1\n')
    await run.executeUpdate('decide', { args: [{ kind: 'approve', digest: question?.digest, by: 'reviewer' }] })
    expect(await run.result()).toMatchObject({ status: 'completed', answer: 'Done.' })
    expect(await readFile(join(workspace, 'src/a.ts'), 'utf8')).toBe('export const a = 7\n')
    await verifyHistory(run)
  })
})
