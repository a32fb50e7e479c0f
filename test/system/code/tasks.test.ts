// The four tasks, each to its end: what log and blame say afterwards, that the repository's own tests pass, and that undo
// leaves nothing of it.
import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { CODE_TASKS, type CodeTask, makeRepository, programs, type Repository, runTests } from '../../support/code.js'
import { followCode, startCode } from '../../support/code-run.js'
import { openStage, type Stage } from '../../support/stage.js'

let stage: Stage
const made: Repository[] = []
beforeAll(async () => {
  stage = await openStage({ searchAttributes: true, programs })
})
afterAll(async () => {
  await stage.close()
  for (const { directory } of made) await rm(directory, { recursive: true, force: true })
})

it.each(Object.keys(CODE_TASKS) as CodeTask[])('%s: log, blame, tests, and undone byte for byte', async (name) => {
  const repo = makeRepository(name)
  made.push(repo)
  const before = repo.git('rev-parse', 'HEAD^{tree}')
  const run = await startCode(stage, { task: CODE_TASKS[name], repo: repo.directory, confirm: 'never' })
  await run.approve('work')
  const { status, commits = [] } = await run.result()
  expect(status).toBe('completed')
  expect(repo.git('log', '--reverse', '--format=%H %s').split('\n').slice(1)).toEqual(
    commits.map(({ commit, subject }) => `${commit} ${subject}`),
  )
  for (const file of new Set(commits.flatMap(({ files }) => files))) {
    // Of every line of it: a commit that says it changed this file, or what was there before.
    const blamed = repo.git('blame', '--line-porcelain', '--', file).match(/^[0-9a-f]{40}(?= \d)/gm) ?? []
    const owners = commits.filter(({ files }) => files.includes(file)).map(({ commit }) => commit)
    expect(blamed.some((commit) => owners.includes(commit))).toBe(true)
    for (const commit of blamed) expect([...owners, repo.git('rev-parse', ':/^Start')]).toContain(commit)
  }
  expect(runTests(repo.directory).passed).toBe(true)
  const { workflowId, firstExecutionRunId } = run.handle as unknown as Record<string, string>
  const undoOf = { root: { workflowId, firstRunId: firstExecutionRunId }, run: firstExecutionRunId }
  const undo = followCode(stage, await stage.start('code', { undoOf }))
  expect((await undo.result()).status).toBe('completed')
  expect(repo.git('rev-parse', 'HEAD^{tree}')).toBe(before)
  expect(repo.git('status', '--porcelain')).toBe('')
})
