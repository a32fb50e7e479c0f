// Work of several becomes one state and a row of commits, in memory; what does not fit is shown and nothing is kept.
import { chmodSync, existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { combine } from '../../../src/git/code/combine.js'
import { buildCommits } from '../../../src/git/code/commits.js'
import { identityOf } from '../../../src/git/code/work.js'
import { DATED, openTestRepository, type TestRepository } from '../../support/repository.js'

let repo: TestRepository
afterEach(() => repo.remove())

/** A commit on `base` that no branch has. */
function piece(base: string, change: () => void) {
  repo.git('checkout', '--quiet', '--detach', base)
  change()
  const commit = repo.commit('piece')
  repo.git('checkout', '--quiet', '--force', 'main')
  return { base, commit }
}
const LINES = Array.from({ length: 30 }, (_, at) => `line ${at}\n`)
const file = (lines: Record<number, string>) => LINES.map((line, at) => lines[at] ?? line).join('')
const together = (onto: string, pieces: { base: string; commit: string }[]) =>
  combine({ repository: repo.top, onto, pieces, ref: 'refs/ensemble/r/all', message: 'all', ...DATED })
const tree = (commit: string) => repo.git('ls-tree', '-r', '--name-only', '-z', commit).split('\0').filter(Boolean)

async function begin(files: Record<string, string> = { 'a.txt': file({}) }): Promise<string> {
  repo = await openTestRepository(files)
  return repo.git('rev-parse', 'HEAD')
}

describe('pieces', () => {
  it('of the same file fit when their lines are apart, later ones on what earlier ones left', async () => {
    const base = await begin()
    const one = piece(base, () => repo.write('a.txt', file({ 2: 'ONE\n' })))
    const two = piece(base, () => repo.write('a.txt', file({ 20: 'TWO\n' })))
    const three = piece(one.commit, () => repo.write('a.txt', file({ 2: 'ONE\n', 10: 'THREE\n' })))
    const combined = await together(base, [one, two, three])
    expect(combined).toEqual({ kind: 'clean', commit: repo.git('rev-parse', 'refs/ensemble/r/all') })
    expect(repo.git('show', 'refs/ensemble/r/all:a.txt')).toBe(
      file({ 2: 'ONE\n', 10: 'THREE\n', 20: 'TWO\n' }).trimEnd(),
    )
    expect(await together(base, [one, two, three])).toEqual(combined)
    expect(await together(base, [])).toEqual({ kind: 'clean', commit: base })
    expect(await together(one.commit, [one])).toEqual({ kind: 'clean', commit: one.commit })
    expect(repo.git('status', '--porcelain')).toBe('')
  })

  it('that touch the same lines do not, and the first that does not is shown', async () => {
    const base = await begin({ 'a.txt': file({}), 'line\nbreak': 'x\n', gone: 'g\n' })
    const one = piece(base, () => {
      repo.write('a.txt', file({ 10: 'ONE\n' }))
      rmSync(join(repo.top, 'gone'))
    })
    const two = piece(base, () => repo.write('line\nbreak', 'y\n'))
    const three = piece(base, () => {
      repo.write('a.txt', file({ 10: 'THREE\n' }))
      repo.write('gone', 'changed\n')
    })
    const combined = await together(base, [one, two, three])
    expect(combined).toMatchObject({ kind: 'conflict', piece: 2, files: ['a.txt', 'gone'] })
    const { text } = combined as Extract<typeof combined, { kind: 'conflict' }>
    expect(text).toContain(
      'a.txt:\nline 7\nline 8\nline 9\n<<<<<<< the branch\nONE\n=======\nTHREE\n>>>>>>> this work\nline 11\nline 12\nline 13',
    )
    expect(text).toMatch(/CONFLICT \(modify\/delete\): gone deleted in the branch and modified in this work/)
    expect(text).not.toMatch(/[0-9a-f]{40}/)
    expect(() => repo.git('rev-parse', '--verify', 'refs/ensemble/r/all')).toThrow()
  })

  it('with much that does not fit are shown in 8 kB', async () => {
    const long = (word: string) => Array.from({ length: 900 }, (_, at) => `${word} ü ${at}\n`).join('')
    const base = await begin({ 'a.txt': long('base') })
    const [one, two] = ['one', 'two'].map((word) => piece(base, () => repo.write('a.txt', long(word))))
    const combined = await together(base, [one!, two!])
    if (combined.kind !== 'conflict') throw new Error(combined.kind)
    expect(Buffer.byteLength(combined.text)).toBeGreaterThan(7_000)
    expect(Buffer.byteLength(combined.text)).toBeLessThanOrEqual(8_000)
    expect(combined.text).not.toContain('\ufffd')
  })

  it('fit byte by byte whatever they are: binary, links, modes, line endings, odd names, a file renamed meanwhile', async () => {
    const base = await begin({ 'a.txt': 'a\r\n', 'old.txt': file({}), run: '#!\n' })
    const bytes = Uint8Array.from({ length: 256 }, (_, at) => at)
    const one = piece(base, () => {
      repo.write('bin', bytes)
      repo.write('-rf', 'x')
      symlinkSync('a.txt', join(repo.top, 'link'))
    })
    const two = piece(base, () => {
      repo.write('a.txt', 'b\r\n')
      chmodSync(join(repo.top, 'run'), 0o755)
      repo.write('old.txt', file({ 3: 'CHANGED\n' }))
    })
    repo.git('mv', 'old.txt', 'new.txt')
    const onto = repo.commit('renamed by the user')
    const combined = await together(onto, [one, two])
    if (combined.kind !== 'clean') throw new Error(combined.text)
    expect(tree(combined.commit)).toEqual(['-rf', 'a.txt', 'bin', 'link', 'new.txt', 'run'])
    expect(repo.git('show', `${combined.commit}:new.txt`)).toBe(file({ 3: 'CHANGED\n' }).trimEnd())
    expect(repo.git('show', `${combined.commit}:a.txt`)).toBe('b\r')
    expect(repo.git('ls-tree', combined.commit, 'run')).toMatch(/^100755/)
    expect(repo.git('rev-parse', `${combined.commit}:bin`)).toBe(repo.git('rev-parse', `${one.commit}:bin`))
  })

  it('run no merge driver, and attributes an agent wrote decide nothing', async () => {
    const base = await begin({ 'a.txt': file({}), '.gitattributes': '* merge=evil\n' })
    const mark = join(repo.outside, 'ran')
    repo.git('config', 'merge.evil.driver', `touch ${mark}`)
    const one = piece(base, () => repo.write('a.txt', file({ 1: 'ONE\n' })))
    const two = piece(base, () => {
      repo.write('a.txt', file({ 1: 'TWO\n' }))
      repo.write('.gitattributes', '* merge=union\n')
    })
    expect(await together(base, [one, two])).toMatchObject({ kind: 'conflict', files: ['a.txt'] })
    expect(existsSync(mark)).toBe(false)
    await expect(together('main', [])).rejects.toThrow(/"main" is no commit: wanted its whole id/)
  })
})

describe('commits', () => {
  const build = (onto: string, pieces: { base: string; commit: string }[][], hooks?: string) =>
    buildCommits({
      repository: repo.top,
      onto,
      plans: pieces.map((some, at) => ({ message: `plan ${at}\n\nEnsemble-Run: r\n`, pieces: some })),
      ref: 'refs/ensemble/r/commits',
      ...DATED,
      hooks,
    })

  it('are one for each plan that changes something, each with its own files', async () => {
    const base = await begin({ 'a.txt': file({}), b: 'b\n' })
    const one = piece(base, () => repo.write('a.txt', file({ 1: 'ONE\n' })))
    const two = piece(base, () => repo.write('a.txt', file({ 20: 'TWO\n' })))
    const more = piece(one.commit, () => repo.write('b', 'B\n'))
    const built = await build(base, [[one, more], [{ base, commit: base }], [two]])
    if (built.kind !== 'built') throw new Error(built.kind)
    expect(built.commits.map(({ files, plan }) => ({ files, plan }))).toEqual([
      { files: ['a.txt', 'b'], plan: 0 },
      { files: ['a.txt'], plan: 2 },
    ])
    expect(repo.git('log', '--format=%s|%an|%ae|%aI|%cI', `${base}..${built.tip}`).split('\n')).toEqual([
      'plan 2|Ada|ada@example.com|2026-01-02T03:04:05+00:00|2026-01-02T03:04:05+00:00',
      'plan 0|Ada|ada@example.com|2026-01-02T03:04:05+00:00|2026-01-02T03:04:05+00:00',
    ])
    expect(repo.git('rev-parse', 'refs/ensemble/r/commits')).toBe(built.tip)
    expect(await build(base, [])).toEqual({ kind: 'built', commits: [], tip: base })
    const three = piece(base, () => repo.write('a.txt', file({ 1: 'THREE\n' })))
    expect(await build(base, [[one], [more, three]])).toMatchObject({
      kind: 'conflict',
      plan: 1,
      piece: 1,
      files: ['a.txt'],
    })
    expect(repo.git('rev-parse', 'main')).toBe(base)
  })

  it('run the hooks of the repository only when asked, in a tree of their own, and stop where one refuses', async () => {
    const base = await begin({ a: 'a\n', 'hooks/pre-commit': '#!/bin/sh\nexit 0\n' })
    const mark = join(repo.outside, 'ran')
    const hook = (text: string) => {
      repo.write('hooks/pre-commit', `#!/bin/sh\n${text}\n`)
      chmodSync(join(repo.top, 'hooks/pre-commit'), 0o755)
    }
    const one = piece(base, () => repo.write('a', 'A\n'))
    // What an agent left in its work is not what runs.
    const two = piece(base, () => hook('echo evil; exit 1'))
    repo.git('config', 'core.hooksPath', 'hooks')
    hook(`echo "$GIT_AUTHOR_NAME" >> ${mark}; echo formatted >> a; git add a`)
    const without = await build(base, [[one], [two]])
    expect(existsSync(mark)).toBe(false)
    expect(without).toMatchObject({ kind: 'built' })
    const hooks = join(repo.outside, 'trees/hooks')
    const built = await build(base, [[one], [two]], hooks)
    if (built.kind !== 'built') throw new Error(JSON.stringify(built))
    expect(readFileSync(mark, 'utf8')).toBe('Ada\nAda\n')
    expect(repo.git('show', `${built.commits[0]?.commit}:a`)).toBe('A\nformatted')
    expect(repo.git('show', `${built.tip}:hooks/pre-commit`)).toContain('evil')
    hook('echo "not like this"; exit 3')
    expect(await build(base, [[one], [two]], hooks)).toEqual({ kind: 'hook', commit: 0, output: 'not like this' })
    expect(repo.git('rev-parse', 'main')).toBe(base)
    expect(repo.git('status', '--porcelain')).toBe(' M hooks/pre-commit')
  })

  it('are signed only with hooks, and say when that fails', async () => {
    const base = await begin({ a: 'a\n' })
    repo.git('config', 'commit.gpgSign', 'true')
    repo.git('config', 'gpg.program', 'false')
    repo.git('config', 'core.fsmonitor', 'false')
    const one = { base, commit: '' }
    repo.git('config', 'commit.gpgSign', 'false')
    one.commit = piece(base, () => repo.write('a', 'A\n')).commit
    repo.git('config', 'commit.gpgSign', 'true')
    expect(await build(base, [[one]])).toMatchObject({ kind: 'built' })
    const signed = await build(base, [[one]], join(repo.outside, 'trees/hooks'))
    expect(signed).toMatchObject({ kind: 'hook', commit: 0, output: expect.stringMatching(/gpg failed to sign/) })
  })
})

it("commits are the user's own, or ours where git knows no user", async () => {
  await begin()
  expect(await identityOf(repo.top)).toEqual({ name: 'Ada', email: 'ada@example.com' })
  repo.git('config', 'user.name', 'Zoë <x>')
  expect(await identityOf(repo.top)).toMatchObject({ name: 'Zoë <x>' })
  repo.git('config', 'user.name', ' . ')
  expect(await identityOf(repo.top)).toEqual({ name: 'Ensemble', email: 'ensemble@localhost' })
})
