// A coding run from the request to the commits, with the simulated programmers: what is asked, what becomes of the branch.
import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CODE_TASKS, makeRepository, programs, type Repository, runTests } from '../support/code.js'
import { startCode } from '../support/code-run.js'
import { openStage, type Stage } from '../support/stage.js'
import { verifyHistory } from '../support/verify.js'

let stage: Stage
const made: Repository[] = []
beforeAll(async () => {
  stage = await openStage({ searchAttributes: true, programs })
})
afterAll(async () => {
  await stage.close()
  for (const { directory } of made) await rm(directory, { recursive: true, force: true })
})

const repository = (content: Parameters<typeof makeRepository>[0]) => {
  const repo = makeRepository(content)
  made.push(repo)
  return repo
}

describe('a coding run', () => {
  it('plans, asks, works, tests, asks again and commits one commit of each agent', async () => {
    const repo = repository('auth')
    const before = repo.git('rev-parse', 'HEAD')
    const run = await startCode(stage, { task: CODE_TASKS.auth, repo: repo.directory })
    const plan = await run.approve('plan')
    expect(plan.title).toMatch(/6 agents in 2 stages on 5 files, commits to main for \$0\.0/)
    expect((await stage.status(run.handle)).price?.basis).toContain('planning included')
    const work = await run.asked('work')
    expect(repo.git('rev-parse', 'HEAD')).toBe(before)
    expect(work.lines?.join('\n')).toContain('created auth/jwt.js')
    await run.approve('work')
    const result = await run.result()
    expect(result).toMatchObject({ status: 'completed' })
    expect(result.commits).toHaveLength(6)
    expect(repo.git('log', '--format=%s', '--reverse').split('\n')).toEqual([
      'Start',
      ...result.commits!.map(({ subject }) => subject),
    ])
    expect(repo.git('status', '--porcelain')).toBe('')
    expect(runTests(repo.directory).passed).toBe(true)
    expect(result.tests).toMatchObject({ ok: true })
    expect(repo.git('worktree', 'list').split('\n')).toHaveLength(1)
    expect(repo.git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main')
    await verifyHistory(run.handle)
  })
})
