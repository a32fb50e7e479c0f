// Plans whose words and file names would drive a terminal, end a commit's message or pretend to be a trailer; and what is
// done again after a person left a conflict at that.
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeRepository, programs, type Repository } from '../../support/code.js'
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

const repository = () => {
  const repo = makeRepository({ 'README.md': '# A\n' })
  made.push(repo)
  return repo
}

it('control characters and trailers in a plan do not reach the log, and file names are shown as they are', async () => {
  const repo = repository()
  const what = 'x\0\u001b[31m\r\n\nEnsemble-Run: other'
  const files = ['a\nb', '-rf', '\u202egnp.js']
  const plan = { stages: [{ agents: [{ what, task: 'y\u001b[2J', files }] }] }
  const run = await startCode(stage, { task: 'x', repo: repo.directory, plan, test: false, confirm: 'never' })
  const asked = await run.approve('work')
  expect(asked.lines).toEqual(
    expect.arrayContaining(['  created a\\nb (+2 −0)', '  created -rf (+2 −0)', '  created \\u{202e}gnp.js (+2 −0)']),
  )
  expect(await run.result()).toMatchObject({ status: 'completed' })
  const message = repo.git('log', '-1', '--format=%B')
  expect(message).toMatch(/^\[Haiku-1\] x \[31m Ensemble-Run: other\n/)
  expect(message).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u)
  expect(repo.git('log', '-1', '--format=%(trailers:key=Ensemble-Run,valueonly)')).toBe(run.handle.workflowId)
  expect(repo.git('ls-tree', '-r', '-z', '--name-only', 'HEAD').split('\0')).toEqual(expect.arrayContaining(files))
})

it('a plan that cannot be worked by is refused by a dry run', async () => {
  const repo = repository()
  const dry = (files: string[]) =>
    startCode(stage, {
      ...{ task: 'x', repo: repo.directory, test: false, dryRun: true },
      plan: { stages: [{ agents: [{ task: 'y', files }] }] },
    })
  await expect((await dry(['../up'])).result()).rejects.toMatchObject({
    cause: { message: expect.stringContaining('leads out of the repository') },
  })
  expect(await (await dry(['up'])).result()).toMatchObject({ status: 'planned' })
})

it('what a rerun committed is committed, also when the run before it was left at a conflict', async () => {
  const repo = repository()
  const plan = { stages: [{ agents: [{ task: 'y', files: ['mine.txt'] }] }] }
  const run = await startCode(stage, { task: 'x', repo: repo.directory, plan, test: false, confirm: 'never' })
  await run.asked('work')
  await writeFile(join(repo.directory, 'mine.txt'), 'mine\n')
  await run.approve('work')
  await run.reject('conflict')
  expect(await run.result()).toMatchObject({ status: 'partial', commits: [] })
  await rm(join(repo.directory, 'mine.txt'))
  const { workflowId, firstExecutionRunId } = run.handle as unknown as {
    workflowId: string
    firstExecutionRunId: string
  }
  const root = { workflowId, firstRunId: firstExecutionRunId }
  const rerun = async () =>
    followCode(stage, await stage.start('code', { rerunOf: { root, run: firstExecutionRunId, confirm: 'never' } }))
  const again = await rerun()
  await again.approve('work')
  expect(await again.result()).toMatchObject({ status: 'completed' })
  await expect((await rerun()).result()).rejects.toMatchObject({
    cause: { message: expect.stringContaining('is committed: name agents to work again') },
  })
  expect(repo.git('log', '--format=%s').split('\n')).toHaveLength(2)
})
