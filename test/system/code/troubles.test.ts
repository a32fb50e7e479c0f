// What goes wrong in a coding run and is seen: agents that fail, stop half way, write what is not theirs, break a test;
// people who want it otherwise; plans that make no sense.
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CODE_TASKS, makeRepository, programs, type Repository, runTests } from '../../support/code.js'
import { followCode, startCode } from '../../support/code-run.js'
import { openStage, type Stage } from '../../support/stage.js'
import { until } from '../../support/until.js'
import { verifyHistory } from '../../support/verify.js'

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

describe('a coding run in trouble', () => {
  it('has an agent that failed or stopped half way work once more, refuses what is not its own, repairs a test', async () => {
    const repo = repository('auth')
    const vices = ['1 stops half way', '2 breaks a test', '3 writes outside', '5 fails']
    const task = `${CODE_TASKS.auth}\n${vices.map((vice) => `SIMULATED: agent ${vice}`).join('\n')}`
    const run = await startCode(stage, { task, repo: repo.directory, confirm: 'never' })
    const work = await run.asked('work')
    const lines = await run.log()
    expect(lines.filter((line) => line.includes('works again')).map((line) => line.split(' ')[0])).toEqual(
      expect.arrayContaining(['[Haiku-1]', '[Haiku-2]', '[Haiku-5]']),
    )
    expect(lines).toContainEqual(expect.stringMatching(/^\[tests\] to be repaired by /))
    expect(work.title).toMatch(/^create 6 commits\? Tests: (\d+)\/\1 passing/)
    // Those that repaired nothing keep what they had done.
    expect(work.lines).toContainEqual(expect.stringMatching(/^ {2}created auth\/auth-service\.js \(\+\d{3} −0\)$/))
    await run.approve('work')
    const result = await run.result()
    expect(result).toMatchObject({ status: 'completed' })
    expect(result.commits).toHaveLength(6)
    expect(repo.git('ls-files')).not.toContain('outside')
    expect(runTests(repo.directory).passed).toBe(true)
    await verifyHistory(run.handle)
  })

  it('rejected at the end leaves everything as it was', async () => {
    const repo = repository('auth')
    const run = await startCode(stage, { task: CODE_TASKS.auth, repo: repo.directory, confirm: 'never' })
    await run.reject('work', 'not now')
    const result = await run.result()
    expect(result).toMatchObject({ status: 'rejected', commits: [] })
    expect(repo.git('log', '--format=%s')).toBe('Start')
    expect(repo.git('status', '--porcelain')).toBe('')
    expect(repo.git('worktree', 'list').split('\n')).toHaveLength(1)
  })

  it('has only the named agent work again, on its own work, and commits it as one', async () => {
    const repo = repository('auth')
    const run = await startCode(stage, { task: CODE_TASKS.auth, repo: repo.directory, confirm: 'never' })
    await run.revise('work', { note: 'say what the secret is for', input: { agents: ['Haiku-2'] } })
    const again = await run.approve('work')
    // All of its work, not the last change alone.
    expect(again.lines).toContainEqual(expect.stringMatching(/^ {2}created auth\/jwt\.js \(\+8\d −0\)$/))
    const lines = await run.log()
    expect(lines.filter((line) => line.includes('works again'))).toEqual([expect.stringContaining('[Haiku-2]')])
    const result = await run.result()
    expect(result.status).toBe('completed')
    expect(result.commits).toHaveLength(6)
    const jwt = result.commits?.find(({ agent }) => agent === 'Haiku-2')
    expect(repo.git('show', `${jwt?.commit}:auth/jwt.js`)).toContain('say what the secret is for')
    expect(runTests(repo.directory).passed).toBe(true)
  })

  it('refuses a revision that names nobody, or nobody there is', async () => {
    const repo = repository('auth')
    const run = await startCode(stage, { task: CODE_TASKS.auth, repo: repo.directory, confirm: 'never' })
    await run.revise('work', { note: 'better' })
    await run.revise('work', { input: { agents: { 'Haiku-9': 'better' } } })
    const refused = await until('two refusals', async () => {
      const status = await stage.status(run.handle)
      return status.refused.length === 2 && status.refused
    })
    expect(refused.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('revise names no agent'),
      expect.stringContaining('Haiku-9 is not among Haiku-1'),
    ])
    await run.reject('work')
    await run.result()
  })
})

describe('hooks that are asked for', () => {
  it('may write into the messages of the commits', async () => {
    const repo = repository({ 'README.md': '# A\n' })
    const hook = join(repo.directory, '.git/hooks/commit-msg')
    await writeFile(hook, '#!/bin/sh\necho "no trailer" >> "$1"\n', { mode: 0o755 })
    const plan = { stages: [{ agents: [{ task: 'a note', files: ['a.md'] }] }] }
    const run = await startCode(stage, {
      ...{ task: 'a note', repo: repo.directory, plan, test: false, hooks: true, confirm: 'never' },
    })
    await run.approve('work')
    expect(await run.result()).toMatchObject({ status: 'completed' })
    expect(repo.git('log', '-1', '--format=%B')).toContain('no trailer')
    expect(repo.git('worktree', 'list').split('\n')).toHaveLength(1)
  })
})

describe('a plan', () => {
  const agent = (files: string[], more: object = {}) => ({ task: `write ${files.join(', ')}`, files, ...more })

  it('of a person is used as it is, and no model is asked for one', async () => {
    const repo = repository({ 'README.md': '# A\n' })
    stage.simulator.resetJournal()
    const plan = { stages: [{ mode: 'sequential', agents: [agent(['a.md']), agent(['b.md']), agent(['c.md'])] }] }
    const run = await startCode(stage, { task: 'three notes', repo: repo.directory, plan, test: false })
    const asked = await run.approve('plan')
    expect(asked.title).toMatch(/^3 agents in 1 stage on 3 files/)
    await run.approve('work')
    const result = await run.result()
    expect(result).toMatchObject({ status: 'completed' })
    expect(result.items.map(({ id }) => id)).toEqual(['Haiku-1', 'Haiku-2', 'Haiku-3', 'commit'])
    expect(repo.git('log', '--format=%s', '--reverse').split('\n')).toHaveLength(4)
    expect(await readFile(join(repo.directory, 'b.md'), 'utf8')).toContain('SIMULATED')
  })

  it('of a person is judged and priced by a dry run', async () => {
    const repo = repository({ 'README.md': '# A\n' })
    const dry = (files: string[]) => {
      const plan = { stages: [{ agents: [agent(files)] }] }
      return startCode(stage, { task: 'x', repo: repo.directory, plan, test: false, dryRun: true })
    }
    const good = await (await dry(['a.md'])).result()
    expect(good).toMatchObject({ status: 'planned', plan: { title: expect.stringMatching(/^1 agent in 1 stage/) } })
    await expect((await dry(['../a.md'])).result()).rejects.toMatchObject({
      cause: { message: expect.stringContaining('leads out of the repository') },
    })
  })

  it.each([
    ['shared files', [[agent(['a.js']), agent(['a.js'])]], 'agents 1 and 2 of stage 1 share a.js'],
    ['a file within a file', [[agent(['a']), agent(['a/b.js'])]], 'agents 1 and 2 of stage 1 share a'],
    ['files outside', [[agent(['../x.js'])]], 'leads out of the repository'],
    ['an absolute file', [[agent(['/etc/passwd'])]], 'is outside the repository'],
    ['files of git', [[agent(['.git/hooks/pre-commit'])]], 'belongs to git itself'],
    ['no task', [[{ task: ' ', files: ['a.js'] }]], 'agent 1 has no task'],
    ['nobody who owns', [[agent([])]], 'agent 1 owns no files'],
    ['a cycle', [[agent(['a.js'], { needs: [2] }), agent(['b.js'], { needs: [1] })]], 'a cycle'],
    ['a model nobody knows', [[agent(['a.js'], { model: 'gpt' })]], 'no model is called "gpt"'],
  ])('with %s is refused before anything is done', async (_, stages, reason) => {
    const repo = repository({ 'README.md': '# A\n' })
    const plan = { stages: stages.map((agents) => ({ agents })) }
    const run = await startCode(stage, { task: 'x', repo: repo.directory, plan, test: false, confirm: 'never' })
    await expect(run.result()).rejects.toMatchObject({ cause: { message: expect.stringContaining(reason) } })
    expect(repo.git('status', '--porcelain')).toBe('')
  })

  it('is made from what the agents will see, whatever is not committed', async () => {
    const repo = repository('auth')
    const committed = await readFile(join(repo.directory, 'README.md'), 'utf8')
    await writeFile(join(repo.directory, 'README.md'), 'nobody has committed this\n')
    const run = await startCode(stage, { task: CODE_TASKS.auth, repo: repo.directory, allowDirty: true })
    await run.asked('plan')
    expect((await stage.status(run.handle)).warnings).toContainEqual(expect.stringContaining('README.md'))
    const { events } = await stage.client.workflow.getHandle(`${run.handle.workflowId}/planner`).fetchHistory()
    const input = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data
    const { workspace } = JSON.parse(Buffer.from(input ?? []).toString()) as { workspace: string }
    expect(workspace).not.toBe(repo.directory)
    expect(await readFile(join(workspace, 'README.md'), 'utf8')).toBe(committed)
    await run.reject('plan')
    await run.result()
    expect(repo.git('status', '--porcelain')).toBe('M README.md')
  })

  it('is made again with a note, and one that is edited takes its place', async () => {
    const repo = repository('auth')
    const run = await startCode(stage, { task: CODE_TASKS.auth, repo: repo.directory })
    const first = await run.asked('plan')
    await run.revise('plan', { note: 'fewer agents' })
    const second = await run.asked('plan')
    expect(second.openedAt).not.toBe(first.openedAt)
    await run.revise('plan', { input: { plan: { stages: [{ agents: [agent(['../up.js'])] }] } } })
    await until('the refusal', async () =>
      (await stage.status(run.handle)).refused.some(({ reason }) => reason.includes('leads out of the repository')),
    )
    await run.revise('plan', { input: { plan: { stages: [{ agents: [agent(['notes/one.md'])] }] }, test: false } })
    const third = await run.asked('plan')
    expect(third.title).toMatch(/^1 agent in 1 stage on 1 file/)
    await run.reject('plan', 'enough')
    expect(await run.result()).toMatchObject({ status: 'rejected' })
  })
})

describe('after a coding run', () => {
  it('undo brings the tree back byte for byte, a named agent works again, a later run is told of it', async () => {
    const repo = repository('auth')
    const before = repo.git('rev-parse', 'HEAD^{tree}')
    const run = await startCode(stage, { task: CODE_TASKS.auth, repo: repo.directory, confirm: 'never' })
    await run.approve('work')
    expect((await run.result()).status).toBe('completed')
    const { workflowId, firstExecutionRunId } = run.handle as unknown as {
      workflowId: string
      firstExecutionRunId: string
    }
    const root = { workflowId, firstRunId: firstExecutionRunId }
    const rerunOf = { root, run: firstExecutionRunId, items: ['Haiku-3'], confirm: 'never' }
    const same = followCode(stage, await stage.start('code', { rerunOf }))
    expect(await same.result()).toMatchObject({ status: 'completed', commits: [] })
    const again = followCode(stage, await stage.start('code', { rerunOf: { ...rerunOf, note: 'say why scrypt' } }))
    const asked = await again.asked('work')
    expect(asked.lines).toContain('  [Haiku-3] Add password hashing')
    await again.reject('work')
    expect((await again.result()).items.map(({ id }) => id)).toEqual(['Haiku-3', 'tests', 'commit'])
    const undo = followCode(stage, await stage.start('code', { undoOf: { root, run: firstExecutionRunId } }))
    expect((await undo.result()).status).toBe('completed')
    expect(repo.git('rev-parse', 'HEAD^{tree}')).toBe(before)
    expect(repo.git('status', '--porcelain')).toBe('')
    const after = await startCode(stage, { task: 'more of it', repo: repo.directory, after: workflowId, test: false })
    await after.asked('plan')
    const planner = stage.client.workflow.getHandle(`${after.handle.workflowId}/planner`)
    expect(JSON.stringify(await planner.query('messages'))).toContain('Add password hashing')
    await after.reject('plan')
    await after.result()
  })
})
