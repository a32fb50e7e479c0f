import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listFiles } from '../../../src/git/list-files.js'

let root: string

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'ensemble-test-')))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function write(files: Record<string, string | Buffer>) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
}

const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: root })
const shown = async (...paths: string[]) =>
  (await listFiles(paths.map((path) => join(root, path)))).files.map((file) => file.shown)

describe('in a repository', () => {
  beforeEach(() => {
    git('init', '-q')
  })

  it('lists tracked and new files from the top of the repository, without what git ignores', async () => {
    write({
      '.gitignore': '*.log\n/dist/\n',
      'src/a.ts': 'a',
      'src/deep/b.ts': 'b',
      'src/x.log': 'x',
      'dist/o.js': 'o',
    })
    git('add', 'src/a.ts')
    expect(await shown('src')).toEqual(['src/a.ts', 'src/deep/b.ts'])
    expect(await shown('.')).toEqual(['.gitignore', 'src/a.ts', 'src/deep/b.ts'])
  })

  it('passes over files that are tracked but deleted', async () => {
    write({ 'a.ts': 'a', 'gone.ts': 'g', 'dir/gone.ts': 'g' })
    git('add', '.')
    rmSync(join(root, 'gone.ts'))
    rmSync(join(root, 'dir'), { recursive: true })
    const listing = await listFiles([root])
    expect(listing).toEqual({ files: [{ path: join(root, 'a.ts'), shown: 'a.ts', named: false }], leftOut: [] })
  })

  it('keeps names with newlines, quotes, leading dashes and letters of any script whole', async () => {
    const names = ['--help', 'a b.ts', 'new\nline.ts', 'quo"te.ts', '$(touch owned).ts', 'ключ-日本.ts']
    write(Object.fromEntries(names.map((name) => [name, 'x'])))
    git('add', '--', 'quo"te.ts', 'ключ-日本.ts')
    expect(await shown('.')).toEqual([...names].sort())
  })

  it('leaves links, lock files and repositories inside by name, and installed packages without a word', async () => {
    write({ 'a.ts': 'a', 'package-lock.json': '{}', 'node_modules/p/i.js': 'p', 'web/node_modules/q/i.js': 'q' })
    symlinkSync('/etc/passwd', join(root, 'passwords'))
    write({ 'vendor/lib/v.ts': 'v' })
    execFileSync('git', ['init', '-q'], { cwd: join(root, 'vendor/lib') })
    git('add', 'a.ts', 'node_modules/p/i.js')
    const { files, leftOut } = await listFiles([root])
    expect(files.map((file) => file.shown)).toEqual(['a.ts'])
    expect(leftOut.map(({ path }) => path)).toEqual(['package-lock.json', 'passwords', 'vendor/lib'])
    expect(leftOut.map(({ reason }) => reason).join()).toMatch(/lock file.*symbolic link.*repository of its own/)
  })

  it('lists a file that is named itself, even when it is ignored or a lock file, and each file once', async () => {
    write({ '.gitignore': 'x.log\n', 'x.log': 'x', 'package-lock.json': '{}', 'a.ts': 'a' })
    const paths = ['.', 'x.log', 'package-lock.json', 'a.ts', './a.ts'].map((path) => join(root, path))
    const { files, leftOut } = await listFiles(paths)
    expect(files.map((file) => file.shown)).toEqual(['.gitignore', 'a.ts', 'package-lock.json', 'x.log'])
    expect(files.filter((file) => file.named).map((file) => file.shown)).toEqual(['a.ts', 'package-lock.json', 'x.log'])
    expect(leftOut).toEqual([])
  })

  it('says so when git ignores everything in a directory, and gives away nothing of its own', async () => {
    write({ '.gitignore': 'dist/\n', 'dist/o.js': 'o' })
    expect((await listFiles([join(root, 'dist')])).leftOut).toEqual([
      { path: join(root, 'dist'), reason: 'no file in it that git does not ignore' },
    ])
    const own = await listFiles([join(root, '.git'), join(root, '.git/config')])
    expect(own.files).toEqual([])
    expect(own.leftOut.map(({ reason }) => reason)).toEqual(['belongs to git itself', 'belongs to git itself'])
  })

  it('runs no program that the repository configures, and heeds no repository of the environment', async () => {
    write({ 'a.ts': 'a', 'evil.sh': '#!/bin/sh\ntouch owned\n' })
    git('config', 'core.fsmonitor', `sh ${join(root, 'evil.sh')}`)
    process.env.GIT_DIR = join(root, 'nowhere')
    try {
      expect(await shown('.')).toEqual(['a.ts', 'evil.sh'])
    } finally {
      delete process.env.GIT_DIR
    }
  })
})

describe('outside of a repository', () => {
  it('lists from the parent of the directory, by the ignore files that are there', async () => {
    write({ 'd/.gitignore': '*.log\n', 'd/a.ts': 'a', 'd/x.log': 'x', 'd/empty': '', 'd/node_modules/p/i.js': 'p' })
    symlinkSync('a.ts', join(root, 'd/link'))
    const { files, leftOut } = await listFiles([join(root, 'd')])
    expect(files.map((file) => file.shown)).toEqual(['d/.gitignore', 'd/a.ts', 'd/empty'])
    expect(leftOut).toEqual([{ path: 'd/link', reason: 'a symbolic link' }])
  })

  it('goes into repositories below, each by its own rules', async () => {
    write({ 'd/one/.gitignore': 'x\n', 'd/one/x': 'x', 'd/one/a.ts': 'a', 'd/b.ts': 'b' })
    execFileSync('git', ['init', '-q'], { cwd: join(root, 'd/one') })
    expect(await shown('d')).toEqual(['d/b.ts', 'd/one/.gitignore', 'd/one/a.ts'])
  })

  it('tells files of the same name apart', async () => {
    write({ 'p/src/a.ts': '1', 'q/src/a.ts': '2', 'q/src/b.ts': '3' })
    expect(await shown('p/src', 'q/src')).toEqual([join(root, 'p/src/a.ts'), join(root, 'q/src/a.ts'), 'src/b.ts'])
  })
})

it('refuses a path that does not exist, naming it', async () => {
  write({ 'a.ts': 'a' })
  await expect(listFiles([join(root, 'nope')])).rejects.toThrow(/nope does not exist: wanted a file or a directory/)
  await expect(listFiles([join(root, 'a.ts/b')])).rejects.toThrow(/b does not exist/)
})

it('refuses what is neither a file nor a directory, without waiting for it', async () => {
  execFileSync('mkfifo', [join(root, 'pipe')])
  await expect(listFiles([join(root, 'pipe')])).rejects.toThrow(/pipe is neither a file nor a directory/)
})

it('stops when it is told to', async () => {
  write({ 'a.ts': 'a' })
  await expect(listFiles([root], AbortSignal.abort())).rejects.toThrow(/abort/i)
})
