// Records coding runs, as record.ts does the others: one with a planner, two stages, a work that was revised and commits;
// its planner, and an agent that verified what it did; and how it was taken back.
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { CODE_TASKS, makeRepository, programs } from '../support/code.js'
import { followCode, startCode } from '../support/code-run.js'
import { openStage, type Stage } from '../support/stage.js'
import { isThere, keep } from './keep.js'

let stage: Stage

beforeAll(async () => {
  stage = await openStage({ programs })
})
afterAll(() => stage.close())

it('code', async () => {
  if (isThere('code')) return
  const repo = join(stage.home, 'repository')
  await rename(makeRepository('auth').directory, repo)
  const run = await startCode(stage, { task: CODE_TASKS.auth, repo })
  await run.approve('plan')
  await run.revise('work', { input: { agents: { 'Haiku-2': 'say who may use it' } } })
  await run.approve('work')
  const result = await run.result()
  expect(result).toMatchObject({ status: 'completed', tests: { ok: true } })
  expect(result.commits).toHaveLength(6)
  const { workflowId, firstExecutionRunId } = run.handle as typeof run.handle & { firstExecutionRunId: string }
  const root = { workflowId, firstRunId: firstExecutionRunId }
  const undo = followCode(stage, await stage.start('code', { undoOf: { root, run: firstExecutionRunId } }))
  expect(await undo.result()).toMatchObject({ status: 'completed' })
  await keep(stage, 'code', run.handle)
  await keep(stage, 'code-planner', stage.client.workflow.getHandle(`${workflowId}/planner`))
  await keep(stage, 'code-agent', stage.client.workflow.getHandle(`${workflowId}/Haiku-2`))
  await keep(stage, 'code-undo', undo.handle)
})
