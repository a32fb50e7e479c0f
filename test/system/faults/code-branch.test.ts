// What happens to the branch and the repository while agents work on it: it moves, another run commits, a lock is left, the
// disk is full, names are chosen to be taken for options or commands. A question shows it, or it has no effect.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { chmod, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeRepository, type Repository } from '../../support/code.js'
import { type CodeRun, followCode, startCode } from '../../support/code-run.js'
import { writers } from '../../support/code-team.js'
import { expectTidy, treesIn } from '../../support/code-whole.js'
import { openStage, type Stage } from '../../support/stage.js'
import { verifyHistory } from '../../support/verify.js'

let stage: Stage
const made: Repository[] = []
beforeAll(async () => {
  stage = await openStage()
})
afterAll(async () => {
  await stage.close()
  for (const { directory } of made) await rm(directory, { recursive: true, force: true })
})

function repository(): Repository {
  const repo = makeRepository({ 'README.md': 'A\n', 'two.txt': 'first\nsecond\n' })
  made.push(repo)
  return repo
}

const starting = (repo: Repository, plan: object, more: object = {}) =>
  startCode(stage, { task: 'pieces', repo: repo.directory, plan, test: false, confirm: 'never', ...more })

async function commit(repo: Repository, file: string, text: string): Promise<string> {
  await writeFile(join(repo.directory, file), text)
  repo.git('add', '--', file)
  repo.git('commit', '-q', '-m', `by hand: ${file}`)
  return repo.git('rev-parse', 'HEAD')
}

const read = (repo: Repository, file: string) => readFileSync(join(repo.directory, file), 'utf8')
const subjects = (repo: Repository) => repo.git('log', '--reverse', '--format=%s').split('\n')

async function finished(run: CodeRun, repo: Repository): Promise<void> {
  expect(await run.result()).toMatchObject({ status: 'completed' })
  expectTidy(repo)
  expect(treesIn(stage.home)).toEqual([])
  await verifyHistory(run.handle)
}

it('a branch that moved meanwhile, elsewhere in its files: the commits stand on its new end', async () => {
  const repo = repository()
  const { plan, rules } = writers('moved', { 'one.txt': '1\n', 'two.txt': 'first\nsecond\nthird\n' })
  stage.simulator.setRules(rules)
  const run = await starting(repo, plan)
  await run.asked('work')
  const tip = await commit(repo, 'README.md', 'B\n')
  await run.approve('work')
  await finished(run, repo)
  expect(repo.git('rev-parse', 'main~2')).toBe(tip)
  expect(subjects(repo)).toEqual([
    'Start',
    'by hand: README.md',
    '[Haiku-1] piece 0 of moved.',
    '[Haiku-2] piece 1 of moved.',
  ])
  expect([read(repo, 'README.md'), read(repo, 'two.txt')]).toEqual(['B\n', 'first\nsecond\nthird\n'])
  const { items } = await run.result()
  expect(items.at(-1)?.text).toContain(`on ${tip.slice(0, 7)}, where the branch had moved to`)
})

it('a branch that moved in the same lines is asked about with the lines, and left to whoever moved it', async () => {
  const repo = repository()
  const { plan, rules } = writers('conflict', { 'one.txt': '1\n', 'two.txt': 'first\nsecond by two\n' })
  stage.simulator.setRules(rules)
  const run = await starting(repo, plan)
  await run.asked('work')
  const tip = await commit(repo, 'two.txt', 'first\nsecond by hand\n')
  await run.approve('work')
  const conflict = await run.asked('conflict')
  expect(conflict.title).toMatch(/Haiku-2 conflicts: two\.txt/)
  expect(conflict.lines?.join('\n')).toMatch(/second by hand.*second by two/s)
  expect(repo.git('rev-parse', 'main')).toBe(tip)
  expectTidy(repo, { refs: true })
  await run.reject('conflict')
  expect(await run.result()).toMatchObject({ status: 'partial', commits: [] })
  expect(repo.git('rev-parse', 'main')).toBe(tip)
  expectTidy(repo, { refs: true })
  expect(treesIn(stage.home)).toEqual([])
})

it('a conflict that a person has mended is no conflict any more', async () => {
  const repo = repository()
  const { plan, rules } = writers('mended', { 'one.txt': '1\n', 'two.txt': 'first\nsecond by two\n' })
  stage.simulator.setRules(rules)
  const run = await starting(repo, plan)
  await run.asked('work')
  await commit(repo, 'two.txt', 'first\nsecond by hand\n')
  await run.approve('work')
  await run.approve('conflict')
  // It is as it was: asked again.
  await run.asked('conflict')
  await commit(repo, 'two.txt', 'first\nsecond\n')
  await run.approve('conflict')
  await finished(run, repo)
  expect(subjects(repo)).toHaveLength(5)
  expect(read(repo, 'two.txt')).toBe('first\nsecond by two\n')
})

it('a file of a person in the way is asked about and stays; a rerun commits once it is away, and only once', async () => {
  const repo = repository()
  const { plan, rules } = writers('way', { 'one.txt': '1\n' })
  stage.simulator.setRules(rules)
  const run = await starting(repo, plan)
  await run.asked('work')
  const own = join(repo.directory, 'one.txt')
  await writeFile(own, 'mine\n')
  await run.approve('work')
  expect((await run.asked('conflict')).lines).toEqual(['one.txt'])
  await run.reject('conflict')
  await run.result()
  expect([read(repo, 'one.txt'), subjects(repo)]).toEqual(['mine\n', ['Start']])
  await rm(own)
  const root = { workflowId: run.handle.workflowId, firstRunId: (await run.handle.describe()).runId }
  const rerunOf = { root, run: root.firstRunId, confirm: 'never' }
  const again = followCode(stage, await stage.start('code', { rerunOf }))
  await again.approve('work')
  await finished(again, repo)
  expect(subjects(repo)).toHaveLength(2)
  const third = followCode(stage, await stage.start('code', { rerunOf }))
  await expect(third.result()).rejects.toMatchObject({ cause: { message: expect.stringContaining('is committed') } })
})

it('two runs that commit to one branch at once both do, one behind the other', async () => {
  const repo = repository()
  const [a, b] = [
    writers('a', { 'a1.txt': 'a\n', 'a2.txt': 'a\n' }),
    writers('b', { 'b1.txt': 'b\n', 'b2.txt': 'b\n' }),
  ]
  stage.simulator.setRules([...a.rules.slice(0, 2), ...b.rules])
  const runs = await Promise.all([starting(repo, a.plan), starting(repo, b.plan)])
  await Promise.all(runs.map((run) => run.asked('work')))
  await Promise.all(runs.map((run) => run.approve('work')))
  const results = await Promise.all(runs.map((run) => run.result()))
  expect(results.map(({ status, commits }) => [status, commits?.length])).toEqual([
    ['completed', 2],
    ['completed', 2],
  ])
  const order = subjects(repo).map((subject) => subject.at(-2))
  expect([
    ['a', 'a', 'b', 'b'],
    ['b', 'b', 'a', 'a'],
  ]).toContainEqual(order.slice(1))
  expect(['a1.txt', 'a2.txt', 'b1.txt', 'b2.txt'].map((file) => read(repo, file))).toEqual(['a\n', 'a\n', 'b\n', 'b\n'])
  expectTidy(repo)
})

it('a stale lock of git is asked about, and tried again once it is gone', async () => {
  const { plan, rules } = writers('stale', { 'one.txt': '1\n' })
  stage.simulator.setRules(rules)
  await Promise.all(
    ['index.lock', 'refs/heads/main.lock'].map(async (name) => {
      const repo = repository()
      const before = repo.git('rev-parse', 'main')
      const run = await starting(repo, plan)
      await run.asked('work')
      const lock = join(repo.directory, '.git', name)
      await writeFile(lock, '')
      await run.approve('work')
      const conflict = await run.asked('conflict')
      expect(conflict.title).toContain(`${name} exists: another git is at work there, or was killed`)
      expect(repo.git('rev-parse', 'main')).toBe(before)
      expect(existsSync(join(repo.directory, 'one.txt'))).toBe(false)
      await rm(lock)
      await run.approve('conflict')
      expect(await run.result()).toMatchObject({ status: 'completed' })
      expectTidy(repo)
      expect(subjects(repo)).toHaveLength(2)
    }),
  )
})

it('names that look like options or commands, and hooks, are names and stay unused', async () => {
  const repo = repository()
  const canary = join(stage.home, 'canary')
  const branch = `b'\`touch\${IFS}${canary.replaceAll('/', '%')}\`;$(id)&|"ü`
  repo.git('checkout', '-q', '-b', branch)
  const hooks = join(repo.directory, '.git/hooks')
  for (const hook of ['pre-commit', 'post-commit', 'reference-transaction', 'post-checkout', 'post-index-change']) {
    await writeFile(join(hooks, hook), `#!/bin/sh\necho ${hook} >> ${canary}\n`)
    await chmod(join(hooks, hook), 0o755)
  }
  repo.git('config', 'filter.evil.clean', `touch ${canary}`)
  repo.git('config', 'filter.evil.smudge', `touch ${canary}`)
  await rm(canary, { force: true }) // git's own call above may have run a hook
  const files = {
    '.gitattributes': '* filter=evil merge=evil\n',
    '-rf': 'dash\n',
    '--upload-pack=touch canary': 'dashes\n',
    'a\nb': 'line\n',
    [`$(touch ${canary.replaceAll('/', '%')})`]: 'shell\n',
    'ü ñ 漢\t"\'.txt': 'unicode\n',
    ':(top)x': 'magic\n',
  }
  const { plan, rules } = writers('names', files)
  stage.simulator.setRules(rules)
  const run = await starting(repo, plan)
  await run.approve('work')
  const result = await run.result()
  expect(result).toMatchObject({ status: 'completed' })
  expect(existsSync(canary)).toBe(false)
  const quiet = (...args: string[]) =>
    execFileSync('git', ['-c', 'core.hooksPath=/dev/null', ...args], { cwd: repo.directory, encoding: 'utf8' })
  const names = quiet('ls-tree', '-r', '-z', '--name-only', 'HEAD').split('\0').filter(Boolean)
  expect(names.sort()).toEqual([...Object.keys(files), 'README.md', 'two.txt'].sort())
  for (const [file, text] of Object.entries(files)) expect(read(repo, file)).toBe(text)
  expect(quiet('rev-list', '--count', 'main..HEAD').trim()).toBe(String(Object.keys(files).length))
  expect(quiet('for-each-ref', 'refs/ensemble')).toBe('')
  expect(readdirSync(stage.home)).not.toContain('canary')
})
