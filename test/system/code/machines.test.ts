// A fleet: whatever touches a repository is done by the workers of the machine that has it, and by no other.
import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeRepository, programs, type Repository } from '../../support/code.js'
import { followCode, startCode } from '../../support/code-run.js'
import { openStage, type Stage } from '../../support/stage.js'

let stage: Stage
let repo: Repository
beforeAll(async () => {
  repo = makeRepository({ 'README.md': '# A\n' })
  stage = await openStage({ workers: 0, searchAttributes: true, programs })
  for (const host of ['north', 'south']) await stage.addWorker({ env: { ENSEMBLE_HOST: host } })
})
afterAll(async () => {
  await stage.close()
  await rm(repo.directory, { recursive: true, force: true })
})

const HERE = ['openWorktree', 'collectWork', 'combineWork', 'offerWork', 'commitWork', 'finishCode', 'clearWork']

/** Names of activities, with the task queue each was given to. */
async function queuesOf(id: string): Promise<Map<string, Set<string>>> {
  const { events } = await stage.client.workflow.getHandle(id).fetchHistory()
  const queues = new Map<string, Set<string>>()
  for (const { activityTaskScheduledEventAttributes: scheduled } of events ?? []) {
    const name = scheduled?.activityType?.name
    if (!name) continue
    queues.set(name, (queues.get(name) ?? new Set()).add(scheduled.taskQueue?.name ?? ''))
  }
  return queues
}

describe('a coding run in a fleet', () => {
  it('is prepared, worked on, committed and taken back on the machine that was named', async () => {
    const plan = { stages: [{ agents: [{ task: 'write a note', files: ['a.md'] }] }] }
    const run = await startCode(stage, {
      ...{ task: 'a note', repo: repo.directory, host: 'south', plan, test: false, confirm: 'never' },
    })
    await run.approve('work')
    expect((await run.result()).status).toBe('completed')
    const { workflowId, firstExecutionRunId } = run.handle as unknown as Record<string, string>
    const queues = await queuesOf(workflowId ?? '')
    for (const name of [...HERE, 'prepare'])
      expect([name, ...(queues.get(name) ?? [])]).toEqual([name, 'ensemble@south'])
    const agent = await stage.client.workflow.getHandle(`${workflowId}/Haiku-1`).describe()
    expect(agent.taskQueue).toBe('ensemble@south')
    // Nobody says where; the worker that looks first may be the other one.
    const root = { workflowId, firstRunId: firstExecutionRunId }
    const undo = followCode(stage, await stage.start('code', { undoOf: { root, run: firstExecutionRunId } }))
    expect((await undo.result()).status).toBe('completed')
    expect([...((await queuesOf(undo.handle.workflowId)).get('undoCode') ?? [])]).toEqual(['ensemble@south'])
  })
})
