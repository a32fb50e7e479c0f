// What a command does to files that are not its agent's is put back, in a real git work tree, however it was done.
import { execFileSync } from 'node:child_process'
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { performWatched } from '../../../src/activities/agent/tool/perform-watched.js'
import { beginWatch } from '../../../src/activities/agent/tool/watch.js'
import { fileLocks } from '../../../src/storage/file-lock.js'
import type { ToolOutput } from '../../../src/tools/tool.js'

const files = {
  'src/x.ts': 'as it was',
  'src/y.ts': 'also',
  'run.sh': '#!/bin/sh\n',
  '.gitignore': 'out/\n*.log\n',
  'mine.ts': '',
}

async function open(more: Record<string, string> = {}) {
  const top = await realpath(await mkdtemp(join(tmpdir(), 'ensemble-watch-')))
  onTestFinished(() => rm(top, { recursive: true, force: true }))
  const workspace = join(top, 'workspace')
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], {
      cwd: workspace,
      encoding: 'utf8',
    })
  const write = async (name: string, text: string) => {
    await mkdir(dirname(join(workspace, name)), { recursive: true })
    await writeFile(join(workspace, name), text)
  }
  await mkdir(workspace)
  git('init', '-q')
  for (const [name, text] of Object.entries({ ...files, ...more })) await write(name, text)
  await chmod(join(workspace, 'run.sh'), 0o755)
  git('add', '--all')
  git('commit', '-qm', 'first')
  const watching = {
    workspace,
    owns: ['mine.ts', 'own/'].map((name) => join(workspace, name)),
    place: join(top, 'place'),
    locked: fileLocks(),
  }
  const sh = (command: string) => execFileSync('bash', ['-c', command], { cwd: workspace, encoding: 'utf8' })
  const begin = async () => (await beginWatch(watching)) ?? Promise.reject(new Error('nothing to watch'))
  return {
    ...{ top, workspace, git, write, watching, begin, sh },
    read: (name: string) => readFile(join(workspace, name), 'utf8'),
    /** Runs it, and says what was put back. */
    async after(command: string): Promise<string[]> {
      const watch = await begin()
      sh(command)
      return watch.end()
    },
  }
}

it('content, mode, deletion and new files; what is owned and what git ignores stays', async () => {
  const { after, read, workspace, git } = await open()
  const command = [
    'echo theirs > src/x.ts; rm src/y.ts; chmod 644 run.sh; echo new > src/new.ts; mkdir deep; echo new > deep/er',
    'echo mine > mine.ts; mkdir own; echo mine > own/a; mkdir out; echo built > out/a.js; echo log > a.log',
  ].join('; ')
  expect(await after(command)).toEqual(['deep/er', 'run.sh', 'src/new.ts', 'src/x.ts', 'src/y.ts'])
  expect([await read('src/x.ts'), await read('src/y.ts'), await read('mine.ts'), await read('own/a')]).toEqual([
    ...['as it was', 'also', 'mine\n', 'mine\n'],
  ])
  expect((await lstat(join(workspace, 'run.sh'))).mode & 0o111).toBe(0o111)
  expect(await read('out/a.js')).toBe('built\n')
  await expect(lstat(join(workspace, 'deep'))).rejects.toThrow('ENOENT')
  expect(git('status', '--porcelain')).toBe(' M mine.ts\n?? own/\n')
  expect(await after('cat src/x.ts > /dev/null')).toEqual([])
})

it('what was not committed before comes back as it was: changed, new, deleted, a link', async () => {
  const { after, read, write, workspace } = await open()
  await write('src/x.ts', 'changed by a person')
  await write('notes.txt', 'of a person')
  await chmod(join(workspace, 'notes.txt'), 0o600)
  await rm(join(workspace, 'src/y.ts'))
  await symlink('notes.txt', join(workspace, 'link'))
  const command = 'echo > src/x.ts; rm notes.txt; echo > src/y.ts; ln -sf elsewhere link'
  expect(await after(command)).toEqual(['link', 'notes.txt', 'src/x.ts', 'src/y.ts'])
  expect([await read('src/x.ts'), await read('notes.txt')]).toEqual(['changed by a person', 'of a person'])
  expect((await lstat(join(workspace, 'notes.txt'))).mode & 0o777).toBe(0o600)
  expect(await readlink(join(workspace, 'link'))).toBe('notes.txt')
  await expect(lstat(join(workspace, 'src/y.ts'))).rejects.toThrow('ENOENT')
})

it.each([
  ['commits', 'echo x > src/x.ts; git add -A; git -c user.name=a -c user.email=b commit -qm x'],
  ['resets what git knows', 'echo x > src/x.ts; rm .git/index'],
  ['has git look away', 'git update-index --assume-unchanged src/x.ts; echo x > src/x.ts'],
  ['keeps size and time', 'touch -r src/x.ts t; printf as-it-was > src/x.ts; touch -r t src/x.ts; rm t'],
  ['hides by a list of what is ignored', 'echo "*" > .gitignore; echo x > src/x.ts; echo x > hidden.ts'],
  ['puts a directory in its place', 'rm src/x.ts; mkdir src/x.ts; echo x > src/x.ts/a'],
  ['puts a link in place of its directory', 'mv src own; ln -s own/src src'],
  ['puts a file in place of its directory', 'rm -r src; echo x > src'],
  ['makes a repository inside', 'git init -q src; git init -q new; echo x > new/a; echo x > src/x.ts'],
  ['moves', 'git mv src/x.ts own-x.ts'],
])('a command that %s hides nothing', async (_, command) => {
  const { after, read, workspace } = await open()
  const names = await after(command)
  expect(names).toContain('src/x.ts')
  expect([await read('src/x.ts'), await read('src/y.ts')]).toEqual(['as it was', 'also'])
  expect((await lstat(join(workspace, 'src'))).isDirectory()).toBe(true)
  const left = (await readdir(workspace)).filter(
    (name) => !['.git', '.gitignore', 'mine.ts', 'own', 'run.sh', 'src'].includes(name),
  )
  expect(left).toEqual([])
  expect(await read('.gitignore')).toBe(files['.gitignore'])
})

it('what git ignored before is never deleted, even if the agent says that it is ignored no more', async () => {
  const { watching, sh, read, begin, write } = await open()
  watching.owns.push(join(watching.workspace, '.gitignore'))
  await write('secret.log', 'of a person')
  await write('out/built.js', 'built')
  const watch = await begin()
  sh('echo > .gitignore; echo x > new.log')
  expect(await watch.end()).toEqual(['new.log'])
  expect([await read('secret.log'), await read('out/built.js')]).toEqual(['of a person', 'built'])
})

it('names with newlines, quotes, a leading dash, umlauts and bytes that are no text', async () => {
  const odd = { 'a\nb "c".ts': 'one', '-rf': 'two', 'ü/ñ.ts': 'three', '*': 'four' }
  const { after, read, sh } = await open(odd)
  sh(`printf raw > $'raw-\\xff'`)
  const command = `for f in *; do [ -f "./$f" ] && echo changed > "./$f"; done; echo changed > ü/ñ.ts; echo x > $'new-\\xfe'`
  const names = await after(command)
  expect(names).toEqual(expect.arrayContaining(Object.keys(odd)))
  for (const [name, text] of Object.entries(odd)) expect(await read(name)).toBe(text)
  expect(sh(`cat $'raw-\\xff'; ls | cat -v`)).toMatch(/^raw/)
  expect(sh('ls | cat -v')).not.toContain('new-')
})

it('neither filters nor attributes that a command makes run anything', async () => {
  const { after, read, git, top } = await open()
  git('config', 'filter.evil.clean', `touch ${top}/ran; cat`)
  git('config', 'filter.evil.smudge', `touch ${top}/ran; cat`)
  git('config', 'core.fsmonitor', `touch ${top}/ran`)
  expect(await after('echo "* filter=evil" > .gitattributes; echo x > src/x.ts')).toEqual([
    '.gitattributes',
    'src/x.ts',
  ])
  expect(await read('src/x.ts')).toBe('as it was')
  await expect(lstat(join(top, 'ran'))).rejects.toThrow('ENOENT')
})

it('line endings come back as they were checked out', async () => {
  const { after, read, git, workspace } = await open({ 'a.txt': 'one\ntwo\n' })
  git('config', 'core.autocrlf', 'true')
  await rm(join(workspace, 'a.txt'))
  git('checkout', '--', 'a.txt')
  expect(await read('a.txt')).toBe('one\r\ntwo\r\n')
  expect(await after('echo x > a.txt')).toEqual(['a.txt'])
  expect(await read('a.txt')).toBe('one\r\ntwo\r\n')
})

it('two commands at once share what was before; a file of ours on its way stays', async () => {
  const { begin, sh, read, workspace } = await open()
  const first = await begin()
  sh('echo first > src/x.ts; echo way > own-file')
  const second = await begin()
  const passing = join(workspace, 'src/.ensemble-0123456789abcdef01234567.tmp')
  await writeFile(passing, 'on its way')
  expect(await first.end()).toEqual(['own-file', 'src/x.ts'])
  sh('echo second > src/x.ts')
  expect(await second.end()).toEqual(['src/x.ts'])
  expect([await read('src/x.ts'), await readFile(passing, 'utf8')]).toEqual(['as it was', 'on its way'])
})

it('what a worker that died left behind is put back before the next command begins', async () => {
  const { begin, sh, read, watching } = await open()
  await begin()
  const [session = ''] = (await readdir(watching.place)).filter((name) => !name.endsWith('.lock'))
  const holders = join(watching.place, session, 'holders')
  for (const name of await readdir(holders)) {
    const holder = JSON.parse(await readFile(join(holders, name), 'utf8'))
    await writeFile(join(holders, name), JSON.stringify({ ...holder, started: 'long ago' }))
  }
  sh('echo lost > src/x.ts; echo lost > new.ts')
  const next = await begin()
  expect(await read('src/x.ts')).toBe('as it was')
  expect(await next.end()).toEqual([])
  expect((await readdir(watching.place)).filter((name) => !name.endsWith('.lock'))).toEqual([])
})

it('the worker’s own files in the workspace are left alone', async () => {
  const { watching, begin, write, sh, read } = await open()
  watching.place = join(watching.workspace, 'data/store/roots/watch')
  await write('data/journal', 'one')
  const watch = await begin()
  sh('echo two > data/journal; echo x > data.ts')
  expect(await watch.end()).toEqual(['data.ts'])
  expect(await read('data/journal')).toBe('two\n')
})

const performance = (run: () => Promise<ToolOutput>) => ({
  tool: { run },
  input: {},
  context: { key: 'k' },
  stop: { signal: new AbortController().signal },
  seconds: 5,
})
const shell = { name: 'Bash', permission: 'execute' } as const

it('the model is told at the end of the result, which is an error then; also of one that failed', async () => {
  const { watching, sh } = await open()
  const run = async () => sh('echo said; echo x > src/x.ts; echo y > new.ts')
  expect(await performWatched(performance(run), shell, watching)).toEqual({
    kind: 'output',
    output: {
      isError: true,
      content: [{ type: 'text', text: 'said\n\n(put back, because they are not yours: new.ts, src/x.ts)' }],
    },
  })
  const fails = async () => {
    sh('rm src/x.ts')
    throw new Error('it broke')
  }
  expect(await performWatched(performance(fails), shell, watching)).toEqual({
    kind: 'threw',
    error: 'it broke (put back, because they are not yours: src/x.ts)',
  })
  expect(
    await performWatched(
      performance(async () => 'well'),
      shell,
      watching,
    ),
  ).toEqual({ kind: 'output', output: 'well' })
})

it('a command that cannot be watched is not run: outside of git, or with too much that git does not have', async () => {
  const { watching, top, workspace } = await open()
  const run = async () => Promise.reject(new Error('it ran'))
  const plain = join(top, 'plain')
  await mkdir(plain)
  const outside = await performWatched(performance(run), shell, {
    ...watching,
    workspace: plain,
    owns: [join(plain, 'a')],
  })
  expect(JSON.stringify(outside)).toMatch(/permission denied: Bash cannot be watched.*you own a alone/)
  const ignored = join(workspace, 'out')
  await mkdir(ignored)
  expect(JSON.stringify(await performWatched(performance(run), shell, { ...watching, workspace: ignored }))).toMatch(
    /permission denied/,
  )
  await Promise.all(Array.from({ length: 2001 }, (_, index) => writeFile(join(workspace, `new-${index}`), '')))
  expect(JSON.stringify(await performWatched(performance(run), shell, watching))).toMatch(
    /Bash was not run: .*at most 2000 files/,
  )
  const act = { name: 'act', permission: 'other' } as const
  expect(
    await performWatched(
      performance(async () => 'done'),
      act,
      { ...watching, workspace: plain },
    ),
  ).toMatchObject({ output: 'done' })
})
