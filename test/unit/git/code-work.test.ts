// What an agent did becomes a commit byte by byte, and nothing an agent wrote runs or decides on the way.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { collectWork } from '../../../src/git/code/work.js'
import { addWorktree, removeWorktree, removeWorktrees } from '../../../src/git/code/worktree.js'
import { DATED, openTestRepository, type TestRepository } from '../../support/repository.js'

let repo: TestRepository
let base: string
let path: string
const write = (name: string, text: string | Uint8Array) => {
  mkdirSync(join(path, name, '..'), { recursive: true })
  writeFileSync(join(path, name), text)
}
const add = () => addWorktree({ repository: repo.top, path, commit: base })
const collect = (...owned: string[]) =>
  collectWork({ repository: repo.top, path, base, owned, ref: 'refs/ensemble/r/1', message: 'work\n', ...DATED })
const blob = (commit: string, name: string) =>
  execFileSync('git', ['cat-file', 'blob', `${commit}:${name}`], { cwd: repo.top })

async function begin(files?: Record<string, string>): Promise<void> {
  repo = await openTestRepository(files)
  base = repo.git('rev-parse', 'HEAD')
  path = join(repo.outside, 'trees', 'one')
}
afterEach(() => repo.remove())

describe('a work tree', () => {
  beforeEach(() => begin({ 'a.txt': 'a\n', 'b/c.txt': 'c\n', '.gitignore': 'node_modules\n.venv/\nvendor\n' }))

  it('is on no branch, clean, runs no hook, and a second time is left as it is', async () => {
    const mark = join(repo.outside, 'ran')
    writeFileSync(join(repo.top, '.git/hooks/post-checkout'), `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 })
    await add()
    expect(repo.git('-C', path, 'status', '--porcelain')).toBe('')
    expect(repo.git('-C', path, 'rev-parse', 'HEAD')).toBe(base)
    expect(() => repo.git('-C', path, 'symbolic-ref', '--quiet', 'HEAD')).toThrow()
    write('a.txt', 'edited\n')
    await add()
    expect(readFileSync(join(path, 'a.txt'), 'utf8')).toBe('edited\n')
    expect(existsSync(mark)).toBe(false)
    expect(readdirSync(join(path, '..'))).toEqual(['one'])
  })

  it('of several made and removed at once, each is whole', async () => {
    const names = ['one', 'two', 'three', 'four'].map((name) => join(repo.outside, 'trees', name))
    const all = [...names, ...names]
    await Promise.all(all.map((place) => addWorktree({ repository: repo.top, path: place, commit: base })))
    for (const place of names) expect(readFileSync(join(place, 'b/c.txt'), 'utf8')).toBe('c\n')
    expect(repo.git('worktree', 'list').split('\n')).toHaveLength(5)
    await Promise.all(all.map((place) => removeWorktree({ repository: repo.top, path: place })))
    expect(repo.git('worktree', 'list').split('\n')).toHaveLength(1)
    expect(readdirSync(join(repo.outside, 'trees'))).toEqual([])
  })

  it('half made is made again, half removed is removed, and what is not ours is refused', async () => {
    repo.git('worktree', 'add', '--quiet', '--detach', '--no-checkout', join(repo.outside, 'trees/.one.0123abcd'))
    await add()
    expect(repo.git('worktree', 'list').split('\n')).toHaveLength(2)
    expect(repo.git('-C', path, 'status', '--porcelain')).toBe('')
    renameSync(path, join(repo.outside, 'trees/.one.0123abce'))
    await removeWorktree({ repository: repo.top, path })
    expect(readdirSync(join(repo.outside, 'trees'))).toEqual([])
    expect(repo.git('worktree', 'list').split('\n')).toHaveLength(1)
    for (const name of ['one', 'two'])
      await addWorktree({ repository: repo.top, path: join(path, '..', name), commit: base })
    renameSync(path, join(repo.outside, 'trees/.one.0123abcf'))
    writeFileSync(join(repo.outside, 'trees/.three.lock'), '{"ensemble":"1-x","owner":null,"note":{}}\n')
    writeFileSync(join(repo.outside, 'trees/.three.lock.1-x'), '')
    await removeWorktrees({ repository: repo.top, directory: join(repo.outside, 'trees') })
    expect(readdirSync(join(repo.outside, 'trees'))).toEqual([])
    expect(repo.git('worktree', 'list').split('\n')).toHaveLength(1)
    write('mine.txt', 'mine\n')
    await expect(add()).rejects.toThrow(/one exists and is no work tree of this repository/)
    expect(readFileSync(join(path, 'mine.txt'), 'utf8')).toBe('mine\n')
  })

  it('has what is installed, as links that are no work', async () => {
    for (const name of ['node_modules/x', 'b/node_modules/y', '.venv/bin/python', 'vendor/z', 'no/node_modules/q'])
      repo.write(name, name)
    await add()
    expect(readlinkSync(join(path, 'node_modules'))).toBe(join(repo.top, 'node_modules'))
    for (const name of ['node_modules/x', 'b/node_modules/y', '.venv/bin/python', 'vendor/z'])
      expect(readFileSync(join(path, name), 'utf8')).toBe(name)
    expect(existsSync(join(path, 'no'))).toBe(false)
    expect(await collect('./')).toMatchObject({ commit: base, files: [], outside: [] })
    await removeWorktree({ repository: repo.top, path })
    expect(existsSync(join(repo.top, 'node_modules/x'))).toBe(true)
  })

  it('waits for a lock that is not ours, and names it when it stays', async () => {
    mkdirSync(join(path, '..'), { recursive: true })
    const lock = join(repo.outside, 'trees/.one.lock')
    writeFileSync(lock, '')
    const made = addWorktree({ repository: repo.top, path, commit: base, patienceMs: 60 })
    await expect(made).rejects.toThrow(`${lock} exists: another git is at work there, or was killed`)
    rmSync(lock)
    await add()
  })
})

describe('work', () => {
  const NAMES = ['-rf', 'ünïcödé/ß', 'line\nbreak', 'tab\there', '"quoted"', ' space ', ':(glob)*', '$(x)']

  it('is kept byte by byte: names, binary, modes, links, line endings', async () => {
    await begin({ 'a.txt': 'a\r\nb\r\n', 'run.sh': '#!/bin/sh\n', gone: 'x\n' })
    repo.git('config', 'core.autocrlf', 'true')
    await add()
    const bytes = Uint8Array.from({ length: 256 }, (_, at) => at)
    for (const name of NAMES) write(name, name)
    write('binary', bytes)
    write('a.txt', 'a\r\nB\n')
    chmodSync(join(path, 'run.sh'), 0o755)
    symlinkSync('../outside', join(path, 'link'))
    rmSync(join(path, 'gone'))
    const owned = [...NAMES, 'binary', 'a.txt', 'run.sh', 'link', 'gone']
    const work = await collect(...owned)
    expect(work.outside).toEqual([])
    expect(work.files.map((file) => file.path).sort()).toEqual([...owned].sort())
    const by = new Map(work.files.map((file) => [file.path, file]))
    expect(by.get('binary')).toEqual({ path: 'binary', change: 'created' })
    expect(by.get('run.sh')).toEqual({ path: 'run.sh', change: 'changed', added: 0, removed: 0 })
    expect(by.get('gone')).toEqual({ path: 'gone', change: 'deleted', added: 0, removed: 1 })
    for (const name of NAMES) expect(blob(work.commit, name).toString()).toBe(name)
    expect(blob(work.commit, 'binary').equals(bytes)).toBe(true)
    expect(blob(work.commit, 'a.txt').toString()).toBe('a\r\nB\n')
    expect(repo.git('ls-tree', work.commit, 'run.sh', 'link').replaceAll(/ blob \w+\t/g, ' ')).toBe(
      '120000 link\n100755 run.sh',
    )
    expect(repo.git('rev-parse', 'refs/ensemble/r/1')).toBe(work.commit)
    expect(await collect(...owned)).toEqual(work)
  })

  it('keeps a name that is no UTF-8', async () => {
    await begin()
    await add()
    writeFileSync(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0x62, 0xff, 0xfe])]), 'odd')
    const work = await collect('./')
    expect(work.files).toHaveLength(1)
    expect(repo.git('ls-tree', '-z', '--name-only', work.commit)).toContain('b')
    expect(
      execFileSync('git', ['ls-tree', '-z', '--name-only', work.commit], { cwd: repo.top }).includes(
        Buffer.from([0x62, 0xff, 0xfe]),
      ),
    ).toBe(true)
  })

  it('is only what is owned; what is ignored counts where it is owned as such', async () => {
    await begin({ 'a.txt': 'a\n', 'src/b.txt': 'b\n', '.gitignore': 'build\n*.pyc\nsecret\n' })
    await add()
    write('a.txt', 'A\n')
    write('src/b.txt', 'B\n')
    write('src/x.pyc', 'cache')
    write('src/deep/new.txt', 'n\n')
    write('build/out.js', 'built')
    write('build/other.js', 'built')
    write('secret', 's')
    write('stray', 's')
    const paths = async (...owned: string[]) => {
      const { files, outside } = await collect(...owned)
      return { files: files.map((file) => file.path), outside }
    }
    expect(await paths('src/')).toEqual({ files: ['src/b.txt', 'src/deep/new.txt'], outside: ['a.txt', 'stray'] })
    expect(await paths('build/', 'src/x.pyc', './a.txt')).toEqual({
      files: ['a.txt', 'build/other.js', 'build/out.js', 'src/x.pyc'],
      outside: ['src/b.txt', 'src/deep/new.txt', 'stray'],
    })
    expect(await paths('build/out.js', 'secret')).toMatchObject({ files: ['build/out.js', 'secret'] })
    await expect(collect('../x')).rejects.toThrow(/"..\/x" is outside of the repository/)
    await expect(collect('/etc/passwd')).rejects.toThrow(/outside of the repository/)
  })

  it('may turn a file into a directory and back, not at the cost of a file that is not owned', async () => {
    await begin({ thing: 'file\n', 'dir/a': 'a\n', other: 'o\n' })
    await add()
    rmSync(join(path, 'thing'))
    write('thing/inside', 'i\n')
    rmSync(join(path, 'dir'), { recursive: true })
    write('dir', 'now a file\n')
    rmSync(join(path, 'other'))
    write('other/mine', 'm\n')
    const { files, outside } = await collect('thing', 'thing/inside', 'dir', 'dir/', 'other/mine')
    expect(files.map((file) => `${file.change} ${file.path}`)).toEqual([
      'created dir',
      'deleted dir/a',
      'deleted thing',
      'created thing/inside',
    ])
    expect(outside).toEqual(['other', 'other/mine'])
  })

  it('of an agent that writes attributes, hooks, filters, an index and a repository of its own is the same', async () => {
    await begin({ 'a.txt': 'a\n' })
    await add()
    const mark = join(repo.outside, 'ran')
    const run = `touch ${mark}; cat`
    for (const name of [
      'filter.evil.clean',
      'filter.evil.smudge',
      'diff.evil.textconv',
      'diff.evil.command',
      'core.fsmonitor',
      'gpg.program',
    ])
      repo.git('config', name, run)
    repo.git('config', 'commit.gpgSign', 'true')
    repo.git('config', 'core.attributesFile', join(path, 'x'))
    write('.gitattributes', '* filter=evil diff=evil text eol=crlf ident working-tree-encoding=UTF-16\n')
    write('x', '* filter=evil\n')
    for (const hook of ['pre-commit', 'post-index-change', 'reference-transaction', 'commit-msg'])
      writeFileSync(join(repo.top, '.git/hooks', hook), `#!/bin/sh\ntouch ${mark}\nexit 1\n`, { mode: 0o755 })
    write('a.txt', '$Id$ a\r\n')
    repo.git('-C', path, 'update-index', '--assume-unchanged', 'a.txt')
    write('nested/file', 'n\n')
    execFileSync('git', ['init', '--quiet', join(path, 'nested')])
    rmSync(join(path, '.git'))
    mkdirSync(join(path, '.git'))
    writeFileSync(join(path, '.git/config'), `[core]\nfsmonitor = ${run}\n`)
    rmSync(mark, { force: true })
    const work = await collect('a.txt', 'nested/', '.gitattributes')
    expect(work.files.map((file) => file.path)).toEqual(['.gitattributes', 'a.txt', 'nested/file'])
    expect(work.outside).toEqual(['x'])
    expect(blob(work.commit, 'a.txt').toString()).toBe('$Id$ a\r\n')
    expect(existsSync(mark)).toBe(false)
    await removeWorktree({ repository: repo.top, path })
    expect(existsSync(path)).toBe(false)
    expect(repo.git('worktree', 'list').split('\n')).toHaveLength(1)
  })

  it('behind a link, or in what is no file, is none', async () => {
    await begin({ 'src/a.txt': 'a\n', fifo: 'x\n' })
    await add()
    mkdirSync(join(repo.outside, 'elsewhere'))
    writeFileSync(join(repo.outside, 'elsewhere/a.txt'), 'secret\n')
    rmSync(join(path, 'src'), { recursive: true })
    symlinkSync(join(repo.outside, 'elsewhere'), join(path, 'src'))
    rmSync(join(path, 'fifo'))
    execFileSync('mkfifo', [join(path, 'fifo')])
    expect(lstatSync(join(path, 'fifo')).isFIFO()).toBe(true)
    const { files, commit } = await collect('src/', 'src', 'fifo')
    expect(files.map((file) => `${file.change} ${file.path}`)).toEqual([
      'deleted fifo',
      'created src',
      'deleted src/a.txt',
    ])
    expect(repo.git('ls-tree', commit, 'src')).toMatch(/^120000/)
  })
})
