// A coding run whose agents have the Claude Agent SDK's loop: the same plan, trees, ownership and commits.
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeRepository, programs, type Repository } from '../support/code.js'
import { startCode } from '../support/code-run.js'
import { openStage, type Stage } from '../support/stage.js'

const installed = process.env.ENSEMBLE_TEST_AGENT_SDK ?? ''
let stage: Stage
let repo: Repository
beforeAll(async () => {
  expect(installed, 'ENSEMBLE_TEST_AGENT_SDK: run npm run test:agent-sdk').not.toBe('')
  repo = makeRepository({ 'README.md': '# A\n' })
  stage = await openStage({ workers: 0, programs })
  await stage.addWorker({ env: { ENSEMBLE_AGENT_SDK: installed } })
})
afterAll(async () => {
  await stage.close()
  await rm(repo.directory, { recursive: true, force: true })
})

describe('a coding run with the engine agent-sdk', () => {
  it('has each agent write its own files, and commits them', async () => {
    const agents = ['a.md', 'b.md'].map((file) => ({
      task: `write ${file}`,
      files: [file],
      criteria: [`${file} is there`],
    }))
    const run = await startCode(stage, {
      ...{ task: 'two notes\nSIMULATED: agent 2 writes outside', repo: repo.directory, engine: 'agent-sdk' },
      ...{ plan: { stages: [{ agents }] }, test: false, confirm: 'never' },
    })
    const work = await run.approve('work')
    expect(work.lines?.join('\n')).toContain('created a.md')
    const result = await run.result()
    expect(result.status).toBe('completed')
    expect(result.commits?.map(({ agent, files }) => [agent, files])).toEqual([
      ['Haiku-1', ['a.md']],
      ['Haiku-2', ['b.md']],
    ])
    expect(await readFile(join(repo.directory, 'b.md'), 'utf8')).toContain('SIMULATED')
    expect(repo.git('status', '--porcelain')).toBe('')
  })
})
