// Who listens to runs that are no agents: the worker's own configuration says so, once for each event, whatever the end.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { HookPayload } from '../../src/contracts/hooks.js'
import { resultOf } from '../support/run-result.js'
import { openStage, type Stage } from '../support/stage.js'
import { until } from '../support/until.js'

let stage: Stage
let cwd: string

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'ensemble-hooked-'))
  const heard = { hooks: [{ type: 'command', command: 'cat >> heard; echo >> heard' }] }
  const fails = { hooks: [{ type: 'command', command: 'exit 7' }] }
  const hooks = { approval_requested: [heard], run_finished: [fails, heard] }
  await writeFile(join(cwd, 'ensemble.config.json'), JSON.stringify({ hooks }))
  stage = await openStage()
  await stage.addWorker({ cwd, taskQueue: 'hooked' })
})
afterAll(async () => {
  await stage.close()
  await rm(cwd, { recursive: true, force: true })
})

async function heardOf(run: string): Promise<HookPayload[]> {
  const text = await readFile(join(cwd, 'heard'), 'utf8').catch(() => '')
  const all = text.split('\n').filter(Boolean)
  return all.map((line) => JSON.parse(line) as HookPayload).filter((payload) => payload.run === run)
}
const start = (input: object, taskQueue = 'hooked') =>
  stage.start('parallel', { items: [{ prompt: 'one' }], ...input }, { taskQueue })

it('a question and the end are told, and a hook that fails keeps no run from ending', async () => {
  const handle = await start({ confirm: 'always' })
  const [asked] = (await stage.reach(handle, 'waiting')).approvals
  const [question] = await until('the hook to hear of the question', async () => {
    const heard = await heardOf(handle.workflowId)
    return heard.length > 0 && heard
  })
  expect(question).toMatchObject({ event: 'approval_requested', approval: 'plan', digest: asked?.digest })
  await handle.executeUpdate('decide', { args: [{ kind: 'approve', digest: asked?.digest }] })
  expect((await resultOf(handle)).status).toBe('completed')
  const [, end, ...more] = await heardOf(handle.workflowId)
  expect(end).toMatchObject({ event: 'run_finished', status: 'completed', workflow: 'parallel', title: 'one call' })
  expect(more).toEqual([])
})

it('a run that is cancelled is told of, too', async () => {
  const cancelled = await start({ confirm: 'always' })
  await stage.reach(cancelled, 'waiting')
  await cancelled.cancel()
  await expect(cancelled.result()).rejects.toThrow()
  expect((await heardOf(cancelled.workflowId)).map(({ event, status }) => [event, status])).toEqual([
    ['approval_requested', undefined],
    ['run_finished', 'interrupted'],
  ])
})

it('where nobody listens, nothing is asked', async () => {
  const handle = await start({ confirm: 'never' }, 'ensemble')
  await resultOf(handle)
  const { events } = await handle.fetchHistory()
  const names = (events ?? [])
    .map((event) => event.activityTaskScheduledEventAttributes?.activityType?.name)
    .filter(Boolean)
  expect(names).toEqual(['prepare', 'callClaude'])
})
