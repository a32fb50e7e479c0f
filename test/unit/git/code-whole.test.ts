// The git side of a coding run from its start to its end: two agents at work, their commits, the branch, and back again.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { commitsOf, moveBranch, removeRefs, undoCommits } from '../../../src/git/code/branch.js'
import { combine } from '../../../src/git/code/combine.js'
import { buildCommits } from '../../../src/git/code/commits.js'
import { openRepository } from '../../../src/git/code/repository.js'
import { collectWork, identityOf } from '../../../src/git/code/work.js'
import { addWorktree, removeWorktree } from '../../../src/git/code/worktree.js'
import { DATED, openTestRepository, type TestRepository } from '../../support/repository.js'

let repo: TestRepository
beforeEach(async () => {
  repo = await openTestRepository({
    'src/a.ts': 'one\ntwo\nthree\n',
    'src/b.ts': 'b\n',
    '.gitignore': 'node_modules/\n',
  })
})
afterEach(() => repo.remove())

it('two agents work at once, their commits reach the branch in order, and go again byte for byte', async () => {
  const repository = repo.top
  repo.write('node_modules/left-pad/index.js', 'module.exports = 1\n')
  const { top, branch, commit: base, dirty, warnings } = await openRepository({ directory: join(repository, 'src') })
  expect({ top, branch, dirty, warnings }).toEqual({
    top: repository,
    branch: 'refs/heads/main',
    dirty: [],
    warnings: [],
  })
  const tree = repo.git('rev-parse', 'HEAD^{tree}')
  const path = (name: string) => join(repo.outside, 'trees', name)
  for (const name of ['one', 'two']) await addWorktree({ repository, path: path(name), commit: base })
  expect(existsSync(join(path('one'), 'node_modules/left-pad/index.js'))).toBe(true)
  writeFileSync(join(path('one'), 'src/a.ts'), 'one\nTWO\nthree\n')
  writeFileSync(join(path('one'), 'README'), 'not mine\n')
  mkdirSync(join(path('two'), 'docs'))
  writeFileSync(join(path('two'), 'docs/new.md'), 'new\n')
  rmSync(join(path('two'), 'src/b.ts'))
  const collect = (name: string, owned: string[]) =>
    collectWork({
      repository,
      path: path(name),
      base,
      owned,
      ref: `refs/ensemble/run/${name}`,
      message: 'work',
      ...DATED,
    })
  const one = await collect('one', ['src/a.ts'])
  const two = await collect('two', ['docs/', 'src/b.ts'])
  expect(one.files).toEqual([{ path: 'src/a.ts', change: 'changed', added: 1, removed: 1 }])
  expect(one.outside).toEqual(['README'])
  expect(two.files).toEqual([
    { path: 'docs/new.md', change: 'created', added: 1, removed: 0 },
    { path: 'src/b.ts', change: 'deleted', added: 0, removed: 1 },
  ])
  expect(two.outside).toEqual([])
  const pieces = [one, two].map(({ commit }) => ({ base, commit }))
  const combined = await combine({
    repository,
    onto: base,
    pieces,
    ref: 'refs/ensemble/run/all',
    message: 'all',
    ...DATED,
  })
  if (combined.kind !== 'clean') throw new Error(combined.text)
  const plans = pieces.map((piece, at) => ({
    message: `[Haiku-${at + 1}] what\n\nEnsemble-Run: run-1\nEnsemble-Agent: Haiku-${at + 1}\n`,
    pieces: [piece],
  }))
  const building = { repository, onto: base, plans, ref: 'refs/ensemble/run/commits', ...DATED }
  const built = await buildCommits(building)
  if (built.kind !== 'built') throw new Error(built.kind)
  expect(built.commits.map(({ files }) => files)).toEqual([['src/a.ts'], ['docs/new.md', 'src/b.ts']])
  expect(await buildCommits(building)).toEqual(built)
  expect(repo.git('rev-parse', `${built.tip}^{tree}`)).toBe(repo.git('rev-parse', `${combined.commit}^{tree}`))
  expect(repo.git('rev-parse', 'main')).toBe(base)
  expect(await moveBranch({ repository, branch, from: base, to: built.tip })).toEqual({ kind: 'moved' })
  expect(repo.git('status', '--porcelain')).toBe('')
  expect(readFileSync(join(repository, 'src/a.ts'), 'utf8')).toBe('one\nTWO\nthree\n')
  expect(existsSync(join(repository, 'src/b.ts'))).toBe(false)
  expect(await commitsOf({ repository, branch, run: 'run-1', since: base })).toEqual(
    built.commits.map(({ commit }, at) => ({ commit, subject: `[Haiku-${at + 1}] what`, agent: `Haiku-${at + 1}` })),
  )
  const commits = built.commits.map(({ commit }) => commit)
  const undoing = { repository, branch, commits, run: 'run-1', ...DATED, identity: await identityOf(repository) }
  const undone = await undoCommits(undoing)
  if (undone.kind !== 'undone') throw new Error(undone.kind)
  expect(undone.commits).toHaveLength(2)
  expect(repo.git('rev-parse', 'main^{tree}')).toBe(tree)
  expect(repo.git('status', '--porcelain')).toBe('')
  expect(repo.git('log', '-1', '--format=%B')).toBe(
    `Revert "[Haiku-1] what"\n\nThis reverts commit ${commits[0]}.\n\nEnsemble-Run: run-1\nEnsemble-Reverts: ${commits[0]}\n`,
  )
  expect(await undoCommits(undoing)).toMatchObject({ kind: 'nothing', reverts: undone.commits.toReversed() })
  for (const name of ['one', 'two', 'none']) await removeWorktree({ repository, path: path(name) })
  expect(existsSync(path('one'))).toBe(false)
  await removeRefs(repository, 'refs/ensemble/run')
  expect(repo.git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main')
  expect(repo.git('worktree', 'list').split('\n')).toHaveLength(1)
})
