// A branch moves at once, with the work trees in which it is checked out, and never over what is somebody's own.
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { commitsOf, moveBranch, removeRefs, undoCommits } from '../../../src/git/code/branch.js'
import { RepositoryError } from '../../../src/git/code/repository.js'
import { DATED, openTestRepository, type TestRepository } from '../../support/repository.js'

const branch = 'refs/heads/main'
let repo: TestRepository
let from: string
let to: string
const read = (name: string) => readFileSync(join(repo.top, name), 'utf8')
const status = () => repo.git('status', '--porcelain')
const move = (more: { from?: string; to?: string; branch?: string; patienceMs?: number } = {}) =>
  moveBranch({ repository: repo.top, branch, from, to, ...more })

/** `from` is checked out on main; `change` makes what `to` has. */
async function begin(files: Record<string, string>, change: () => void): Promise<void> {
  repo = await openTestRepository(files)
  from = repo.git('rev-parse', 'HEAD')
  change()
  to = repo.commit('to')
  repo.git('reset', '--quiet', '--hard', from)
  repo.git('clean', '--quiet', '-dffx')
}
afterEach(() => repo.remove())

const simple = () => begin({ 'a.txt': 'a\n', 'b.txt': 'b\n' }, () => repo.write('a.txt', 'A\n'))

/** Nothing of ours stays behind. */
function expectClean(): void {
  expect(readdirSync(join(repo.top, '.git')).filter((name) => /lock|ensemble/.test(name))).toEqual([])
}

describe('a branch moves', () => {
  it('with every kind of change, local changes of other files staying', async () => {
    const odd = ['-rf', 'ünïcödé', 'line\nbreak', ' x ']
    await begin(
      {
        'a.txt': 'a\n',
        'gone/deep/x': 'x\n',
        mine: 'm\n',
        'run.sh': '#!\n',
        thing: 't\n',
        'dir/a': 'a\n',
        staged: 's\n',
      },
      () => {
        for (const name of odd) repo.write(name, name)
        repo.write(
          'bin',
          Uint8Array.from({ length: 256 }, (_, at) => at),
        )
        repo.write('a.txt', 'A\n')
        rmSync(join(repo.top, 'gone'), { recursive: true })
        chmodSync(join(repo.top, 'run.sh'), 0o755)
        symlinkSync('nowhere', join(repo.top, 'link'))
        rmSync(join(repo.top, 'thing'))
        repo.write('thing/inside', 'i\n')
        rmSync(join(repo.top, 'dir'), { recursive: true })
        repo.write('dir', 'file now\n')
      },
    )
    repo.write('mine', 'changed\n')
    repo.write('staged', 'staged\n')
    repo.git('add', 'staged')
    repo.write('new', 'untracked\n')
    expect(await move()).toEqual({ kind: 'moved' })
    expect(repo.git('rev-parse', 'main', 'HEAD')).toBe(`${to}\n${to}`)
    expect(status()).toBe(' M mine\nM  staged\n?? new')
    expect(existsSync(join(repo.top, 'gone'))).toBe(false)
    expect(lstatSync(join(repo.top, 'link')).isSymbolicLink()).toBe(true)
    for (const name of odd) expect(read(name)).toBe(name)
    expect(repo.git('reflog', '-1', '--format=%gs', 'main')).toBe('ensemble: commits of a run')
    expectClean()
    expect(await move()).toEqual({ kind: 'moved' })
    repo.git('commit', '--quiet', '--all', '-m', 'after')
    expect(await move()).toEqual({ kind: 'moved' })
    expect(status()).toBe('?? new')
  })

  it('not when it is elsewhere by now, and not when it is gone', async () => {
    await simple()
    repo.write('c.txt', 'c\n')
    const tip = repo.commit()
    expect(await move()).toEqual({ kind: 'elsewhere', tip })
    expect(read('a.txt')).toBe('a\n')
    await expect(move({ branch: 'refs/heads/none' })).rejects.toThrow(/has no branch refs\/heads\/none any more/)
    await expect(move({ branch: 'HEAD' })).rejects.toThrow(/HEAD is no branch/)
    await expect(move({ to: '--all' })).rejects.toThrow(/"--all" is no commit/)
    expectClean()
  })

  it('not over a file that was changed, staged, deleted, or is in the way', async () => {
    await begin({ 'a.txt': 'a\n', 'dir/x': 'x\n' }, () => {
      repo.write('a.txt', 'A\n')
      repo.write('new/file', 'n\n')
      rmSync(join(repo.top, 'dir'), { recursive: true })
      repo.write('dir', 'file now\n')
    })
    const blocked = async (files: string[], why: RegExp) => {
      const before = status()
      expect(await move()).toEqual({ kind: 'blocked', files, why: expect.stringMatching(why) })
      expect(repo.git('rev-parse', 'main')).toBe(from)
      expect(status()).toBe(before)
      expectClean()
    }
    repo.write('a.txt', 'mine\n')
    await blocked(['a.txt'], /changes of these files that are not committed/)
    repo.git('add', 'a.txt')
    repo.write('a.txt', 'a\n')
    await blocked(['a.txt'], /not committed/)
    repo.git('reset', '--quiet', '--hard')
    rmSync(join(repo.top, 'a.txt'))
    await blocked(['a.txt'], /not committed/)
    repo.git('reset', '--quiet', '--hard')
    repo.write('new/file', 'other\n')
    await blocked(['new/file'], /not committed/)
    rmSync(join(repo.top, 'new'), { recursive: true })
    repo.write('new', 'a file\n')
    await blocked(['new'], /where others have to go/)
    rmSync(join(repo.top, 'new'))
    symlinkSync(repo.outside, join(repo.top, 'new'))
    await blocked(['new'], /where others have to go/)
    rmSync(join(repo.top, 'new'))
    repo.write('dir/untracked', 'u\n')
    await blocked(['dir/untracked'], /where others have to go/)
    rmSync(join(repo.top, 'dir/untracked'))
    repo.write('new/file', 'n\n')
    expect(await move()).toEqual({ kind: 'moved' })
    expect(status()).toBe('')
  })

  it('not in the middle of a merge, and not over entries that are kept out of the work tree', async () => {
    await simple()
    writeFileSync(join(repo.top, '.git/MERGE_HEAD'), `${to}\n`)
    expect(await move()).toMatchObject({ kind: 'blocked', why: expect.stringMatching(/in the middle of a merge/) })
    rmSync(join(repo.top, '.git/MERGE_HEAD'))
    repo.git('update-index', '--skip-worktree', 'a.txt')
    expect(await move()).toMatchObject({ kind: 'blocked', files: ['a.txt'] })
    repo.git('update-index', '--no-skip-worktree', 'a.txt')
    repo.git('branch', 'topic', from)
    repo.git('switch', '--quiet', 'topic')
    repo.write('c', 'c\n')
    repo.commit()
    expect(() => repo.git('rebase', '--quiet', '--exec', 'false', '--force-rebase', 'main')).toThrow()
    expect(await move({ branch: 'refs/heads/topic', from: repo.git('rev-parse', 'topic') })).toMatchObject({
      kind: expect.stringMatching(/blocked/),
      why: 'refs/heads/topic is being rebased',
    })
    expectClean()
  })

  it('with the line endings of the user, whose file may have others and be unchanged', async () => {
    await begin({ 'a.txt': 'a\nb\n', 'b.txt': 'b\n' }, () => {
      repo.write('a.txt', 'A\nb\n')
      repo.write('b.txt', 'B\n')
    })
    repo.git('config', 'core.autocrlf', 'true')
    rmSync(join(repo.top, 'a.txt'))
    repo.git('checkout', '--', 'a.txt')
    expect(read('a.txt')).toBe('a\r\nb\r\n')
    expect(await move()).toEqual({ kind: 'moved' })
    expect(read('a.txt')).toBe('A\r\nb\r\n')
    expect(read('b.txt')).toBe('B\r\n')
    expect(status()).toBe('')
  })

  it('without running hooks or filters, in every work tree it is checked out in, or in none', async () => {
    await begin({ 'a.txt': 'a\n', '.gitattributes': '*.txt filter=mark\n' }, () => repo.write('a.txt', 'A\n'))
    const mark = join(repo.outside, 'ran')
    const second = join(repo.outside, 'second')
    repo.git('worktree', 'add', '--quiet', '--force', second, 'main')
    const away = join(repo.outside, 'away')
    repo.git('worktree', 'add', '--quiet', '--force', '--lock', away, 'main')
    rmSync(away, { recursive: true })
    for (const hook of ['reference-transaction', 'post-checkout', 'post-index-change', 'post-merge'])
      writeFileSync(join(repo.top, '.git/hooks', hook), `#!/bin/sh\ntouch ${mark}\nexit 1\n`, { mode: 0o755 })
    for (const name of ['clean', 'smudge']) repo.git('config', `filter.mark.${name}`, `touch ${mark}; cat`)
    repo.git('config', 'filter.mark.required', 'true')
    expect(await move()).toEqual({ kind: 'moved' })
    expect(existsSync(mark)).toBe(false)
    expect([read('a.txt'), readFileSync(join(second, 'a.txt'), 'utf8')]).toEqual(['A\n', 'A\n'])
    for (const directory of [repo.top, second])
      expect(repo.git('-c', 'core.hooksPath=/dev/null', '-C', directory, 'status', '--porcelain')).toBe('')
    repo.git('-c', 'core.hooksPath=/dev/null', 'branch', '--quiet', 'aside', from)
    expect(await move({ branch: 'refs/heads/aside' })).toEqual({ kind: 'moved' })
    expect(repo.git('rev-parse', 'aside')).toBe(to)
  })

  it('after a lock that is not ours is gone; one that stays is named, and nothing is done', async () => {
    await simple()
    for (const name of ['index.lock', 'refs/heads/main.lock']) {
      const lock = join(repo.top, '.git', name)
      writeFileSync(lock, '')
      await expect(move({ patienceMs: 80 })).rejects.toThrow(`${lock} exists: another git is at work there`)
      expect(repo.git('rev-parse', 'main')).toBe(from)
      expect(read('a.txt')).toBe('a\n')
      rmSync(lock)
    }
    const lock = join(repo.top, '.git/index.lock')
    writeFileSync(lock, '')
    const moving = move()
    setTimeout(() => rmSync(lock), 100)
    expect(await moving).toEqual({ kind: 'moved' })
    expectClean()
  })

  it('once, when two move it at once, to the same or to different commits', async () => {
    await simple()
    expect(await Promise.all([move(), move(), move()])).toEqual([
      { kind: 'moved' },
      { kind: 'moved' },
      { kind: 'moved' },
    ])
    expect(status()).toBe('')
    repo.write('b.txt', 'B\n')
    const other = repo.commit()
    repo.git('reset', '--quiet', '--hard', to)
    repo.write('b.txt', 'BB\n')
    const another = repo.commit()
    repo.git('reset', '--quiet', '--hard', to)
    const both = await Promise.all([other, another].map((one) => move({ from: to, to: one })))
    expect(both.map(({ kind }) => kind).sort()).toEqual(['elsewhere', 'moved'])
    expect(status()).toBe('')
    expectClean()
  })

  it('not when nothing can be written, and the error is one for people', async () => {
    await simple()
    expect(await move()).toEqual({ kind: 'moved' })
    repo.write('b.txt', 'B\n')
    const next = repo.commit()
    repo.git('reset', '--quiet', '--hard', to)
    rmSync(join(repo.top, '.git/logs/refs/heads/main'))
    // A directory where a file is needed refuses root as well.
    mkdirSync(join(repo.top, '.git/logs/refs/heads/main/in-the-way'), { recursive: true })
    writeFileSync(join(repo.top, '.git/logs/refs/heads/main/in-the-way/file'), '')
    await expect(move({ from: to, to: next })).rejects.toThrow(RepositoryError)
    expect(repo.git('rev-parse', 'main')).toBe(to)
    expect(status()).toBe('')
    expectClean()
  })

  it('without reading files that have nothing to do with it', async () => {
    await simple()
    const past = new Date('2001-01-01')
    utimesSync(join(repo.top, 'b.txt'), past, past)
    repo.git('update-index', '--refresh')
    expect(await move()).toEqual({ kind: 'moved' })
    expect(lstatSync(join(repo.top, 'b.txt')).mtime).toEqual(past)
  })
})

describe('commits of a run', () => {
  const made = (name: string, run: string) => {
    repo.write(name, `${name}\n`)
    return repo.commit(`[Haiku-1] ${name}\n\nbody\n\nEnsemble-Run: ${run}\nEnsemble-Agent: Haiku-1`)
  }
  const undo = (commits: string[], run = 'r1') => undoCommits({ repository: repo.top, branch, commits, run, ...DATED })

  it('are found by their trailers, and taken back with what came after staying', async () => {
    repo = await openTestRepository({ 'a.txt': 'a\n' })
    const since = repo.git('rev-parse', 'HEAD')
    const one = made('one', 'r1')
    made('other', 'r2')
    const two = made('two', 'r1')
    expect(await commitsOf({ repository: repo.top, branch, run: 'r1', since })).toEqual([
      { commit: one, subject: '[Haiku-1] one', agent: 'Haiku-1' },
      { commit: two, subject: '[Haiku-1] two', agent: 'Haiku-1' },
    ])
    repo.write('mine', 'uncommitted\n')
    expect(await undo([one, two])).toMatchObject({ kind: 'undone', commits: [expect.anything(), expect.anything()] })
    expect(repo.git('ls-files')).toBe('a.txt\nother')
    expect(status()).toBe('?? mine')
    expect(repo.git('log', '-2', '--format=%s')).toBe('Revert "[Haiku-1] one"\nRevert "[Haiku-1] two"')
    expect(await undo([one, two])).toMatchObject({ kind: 'nothing', why: 'every commit has been reverted already' })
    expect(await commitsOf({ repository: repo.top, branch, run: 'r1', since })).toHaveLength(2)
  })

  it('stay all when one cannot be taken back', async () => {
    repo = await openTestRepository({ 'a.txt': 'a\n' })
    const one = made('one', 'r1')
    const two = made('two', 'r1')
    repo.write('one', 'changed since\n')
    const tip = repo.commit()
    const conflict = await undo([one, two])
    expect(conflict).toMatchObject({
      kind: 'conflict',
      commit: one,
      files: ['one'],
      text: expect.stringContaining('one'),
    })
    expect(repo.git('rev-parse', 'main')).toBe(tip)
    expect(await undo([])).toMatchObject({ kind: 'nothing', why: 'there are no commits' })
    repo.write('two', 'local\n')
    expect(await undo([two])).toMatchObject({ kind: 'blocked', files: ['two'] })
    repo.git('reset', '--quiet', '--hard', `${one}^`)
    expect(await undo([one])).toMatchObject({ kind: 'nothing', why: expect.stringContaining(one) })
  })

  it('of a repository that begins with them leave it empty', async () => {
    repo = await openTestRepository({ 'a.txt': 'a\n' })
    const root = repo.git('rev-parse', 'HEAD')
    expect(await undo([root])).toMatchObject({ kind: 'undone' })
    expect(repo.git('ls-files')).toBe('')
    expect(status()).toBe('')
  })
})

it('only refs of ours are removed', async () => {
  repo = await openTestRepository()
  for (const name of ['r/1', 'r/2', 'rest']) repo.git('update-ref', `refs/ensemble/${name}`, 'HEAD')
  await removeRefs(repo.top, 'refs/ensemble/r')
  await removeRefs(repo.top, 'refs/ensemble/none/')
  expect(repo.git('for-each-ref', '--format=%(refname)')).toBe('refs/ensemble/rest\nrefs/heads/main')
  await expect(removeRefs(repo.top, 'refs/heads/')).rejects.toThrow(/wanted a ref below refs\/ensemble/)
})
