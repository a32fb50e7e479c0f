import { execFileSync } from 'node:child_process'
import { chmod, link, lstat, mkdir, rm, stat, symlink, truncate } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openDirectory } from '../../../src/tools/files/anchored.js'
import { replaceFile } from '../../../src/tools/files/replace.js'
import { errorOf, type Room, room } from './room.js'

describe('Read', () => {
  it('numbers lines, shows some of them, and says that there are more', async () => {
    const { run, write } = await room()
    await write('a.txt', 'one\r\ntwo\nthree\nfour')
    expect(await run('Read', { file_path: 'a.txt' })).toBe('1\tone\n2\ttwo\n3\tthree\n4\tfour')
    const some = await run('Read', { file_path: 'a.txt', offset: 2, limit: 2 })
    expect(some).toBe('2\ttwo\n3\tthree\n(there is more: "offset": 4 shows it)')
    expect(await run('Read', { file_path: 'a.txt', offset: 4 })).toBe('4\tfour')
    expect(await run('Read', { file_path: 'a.txt', offset: 9 })).toBe('(the file has 4 lines: none from 9 on)')
    await write('empty', '')
    expect(await run('Read', { file_path: 'empty' })).toBe('(the file is empty)')
  })

  it('holds no more of a large file than it shows', async () => {
    const { run, write, cwd } = await room()
    await write('large', `${'x'.repeat(300_000)}\nsecond\n`)
    expect(await run('Read', { file_path: 'large', limit: 1 })).toMatch(
      /^1\tx{10000}… \(290000 more characters in this line\)/,
    )
    expect(await run('Read', { file_path: 'large', offset: 2 })).toBe('2\tsecond')
    await write('sparse', 'first\n')
    await truncate(join(cwd, 'sparse'), 20 * 1024 ** 3)
    expect(errorOf(await run('Read', { file_path: 'sparse' }))).toBe(
      '"sparse" is no UTF-8 text: only text files can be read and edited',
    )
    await write('many', 'word\n'.repeat(100_000))
    const many = (await run('Read', { file_path: 'many', limit: 100_000 })) as string
    expect(many.length).toBeLessThan(205 * 1024)
    expect(many).toMatch(/\(there is more: "offset": \d+ shows it\)$/)
  })

  it('takes a character cut by a chunk for what it is, and refuses what is no text', async () => {
    const { run, write } = await room()
    await write('cut', `${'x'.repeat(64 * 1024 - 1)}é\n\ufffd`)
    expect(await run('Read', { file_path: 'cut' })).toMatch(/\n2\t\ufffd$/)
    await write('picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0xfe]))
    expect(errorOf(await run('Read', { file_path: 'picture' }))).toContain('is no UTF-8 text')
  })

  it('takes absolute paths and links that stay inside', async () => {
    const { run, write, cwd } = await room()
    await write('a.txt', 'one')
    await symlink('a.txt', join(cwd, 'link'))
    expect(await run('Read', { file_path: join(cwd, 'a.txt') })).toBe('1\tone')
    expect(await run('Read', { file_path: 'link' })).toBe('1\tone')
    expect(await run('Read', { file_path: 'missing/../a.txt' })).toBe('1\tone')
  })
})

describe('Write', () => {
  it('makes a file and its directories, and keeps the mode of one that is there', async () => {
    const { run, read, cwd, write } = await room()
    expect(await run('Write', { file_path: 'a/b/c.txt', content: 'é' })).toBe('Wrote 2 bytes to a/b/c.txt')
    expect(await read('a/b/c.txt')).toBe('é')
    await write('script', 'old')
    await chmod(join(cwd, 'script'), 0o750)
    await run('Write', { file_path: 'script', content: 'new' })
    expect((await stat(join(cwd, 'script'))).mode & 0o777).toBe(0o750)
    expect(execFileSync('ls', ['-A', cwd], { encoding: 'utf8' }).split('\n')).toEqual(['a', 'script', ''])
  })

  it('breaks a hard link instead of writing through it', async () => {
    const { run, cwd, outside, read, expectCanary } = await room()
    await link(join(outside, 'canary'), join(cwd, 'linked'))
    await run('Write', { file_path: 'linked', content: 'mine' })
    expect(await read('linked')).toBe('mine')
    await expectCanary()
  })
})

describe('Edit', () => {
  it('replaces what is there exactly once, character by character', async () => {
    const { run, read, write } = await room()
    await write('a.ts', '\ufeffconst price = 1\r\nconst name = 2\n')
    const edit = { file_path: 'a.ts', old_string: 'price = 1', new_string: "price = '$&$1'" }
    expect(await run('Edit', edit)).toBe('Edited a.ts: 1 replacement')
    expect(await read('a.ts')).toBe("\ufeffconst price = '$&$1'\r\nconst name = 2\n")
    expect(errorOf(await run('Edit', edit))).toBe('"a.ts" does not have old_string: read it again')
    const all = { file_path: 'a.ts', old_string: 'const', new_string: 'let' }
    expect(errorOf(await run('Edit', all))).toContain('has old_string 2 times')
    expect(await run('Edit', { ...all, replace_all: true })).toBe('Edited a.ts: 2 replacements')
  })

  it('of one file, several at once, loses none', async () => {
    const { run, read, write } = await room()
    const names = Array.from({ length: 20 }, (_, index) => `line ${index};`)
    await write('a', names.join('\n'))
    await Promise.all(names.map((name) => run('Edit', { file_path: 'a', old_string: name, new_string: `new ${name}` })))
    expect(await read('a')).toBe(names.map((name) => `new ${name}`).join('\n'))
  })
})

describe('after a crash', () => {
  const edit = (old_string: string, new_string: string) => ({ file_path: 'a', old_string, new_string })

  it('a check tells whether the change was made', async () => {
    const { run, check, write } = await room()
    await write('a', 'x')
    expect(await check('Edit', edit('x', 'xx'), 'k1')).toBeUndefined()
    await run('Edit', edit('x', 'xx'), { key: 'k1' })
    expect(await check('Edit', edit('x', 'xx'), 'k1')).toBe('Edited a')
    expect(await check('Write', { file_path: 'new', content: 'c' }, 'k2')).toBeUndefined()
    await run('Write', { file_path: 'new', content: 'c' }, { key: 'k2' })
    expect(await check('Write', { file_path: 'new', content: 'c' }, 'k2')).toBe('Wrote 1 bytes to new')
  })

  it('also when the next change of the same file came since', async () => {
    const { run, check, write, read } = await room()
    await write('a', 'x')
    await run('Edit', edit('x', 'xy'), { key: 'k1' })
    await run('Edit', edit('y', 'yz'), { key: 'k2' })
    expect(await check('Edit', edit('x', 'xy'), 'k1')).toBe('Edited a')
    await run('Write', { file_path: 'a', content: 'x' }, { key: 'k3' })
    expect(await check('Edit', edit('y', 'yz'), 'k2')).toBe('Edited a')
    expect(await read('a')).toBe('x')
  })

  it('and says so when somebody else changed the file and nobody can tell', async () => {
    const { run, check, write } = await room()
    await write('a', 'x')
    await run('Edit', edit('x', 'y'), { key: 'k1' })
    await write('a', 'something else')
    await expect(check('Edit', edit('x', 'y'), 'k1')).rejects.toThrow('changed by somebody else since')
  })

  it('a change that was noted and is not there has not happened', async () => {
    const { run, check, write } = await room()
    await write('a', 'x')
    await run('Edit', edit('x', 'y'), { key: 'k1' })
    await write('a', 'x')
    expect(await check('Edit', edit('x', 'y'), 'k1')).toBeUndefined()
  })
})

describe('a place that is none', () => {
  type Case = [path: string | ((room: Room) => string), reason: RegExp, make?: (room: Room) => unknown]
  const cases: Record<string, Case> = {
    above: ['../outside/canary', /is outside the workspace/],
    absolute: [({ outside }) => join(outside, 'canary'), /is outside the workspace/],
    'a link to a file': ['l', /is outside/, ({ cwd, outside }) => symlink(join(outside, 'canary'), join(cwd, 'l'))],
    'below a link': ['d/canary', /is outside/, ({ cwd, outside }) => symlink(outside, join(cwd, 'd'))],
    'a link to nothing': ['n', /link to nothing/, ({ cwd, outside }) => symlink(join(outside, 'new'), join(cwd, 'n'))],
    'a circle of links': ['c/file', /links lead in a circle/, ({ cwd }) => symlink('c', join(cwd, 'c'))],
    'a name of 4 kB': ['x'.repeat(4096), /its name is too long/],
    'a component of 300 bytes': ['x'.repeat(300), /its name is too long/],
    NUL: ['a\0b', /is no path/],
    'a directory': ['dir', /is a directory/, ({ cwd }) => mkdir(join(cwd, 'dir'))],
    'the workspace': ['.', /is a directory/],
    'a device': ['zero', /is outside/, ({ cwd }) => symlink('/dev/zero', join(cwd, 'zero'))],
    'a pipe': ['pipe', /is no regular file/, ({ cwd }) => execFileSync('mkfifo', [join(cwd, 'pipe')])],
    'a key file': ['API_CREDENTIALS.json', /is not for tools/, ({ write }) => write('API_CREDENTIALS.json', '{}')],
  }

  it.each(Object.entries(cases))('%s is refused', async (_, [path, reason, make]) => {
    const here = await room()
    await make?.(here)
    const file_path = typeof path === 'string' ? path : path(here)
    expect(errorOf(await here.run('Read', { file_path }))).toMatch(reason)
    expect(errorOf(await here.run('Write', { file_path, content: 'x' }))).toMatch(reason)
    expect(errorOf(await here.run('Edit', { file_path, old_string: 'nobody', new_string: 'x' }))).toMatch(reason)
    await here.expectCanary()
    expect(execFileSync('ls', [here.outside], { encoding: 'utf8' })).toBe('canary\n')
  })

  it('a socket is refused', async () => {
    const { run, cwd } = await room()
    const server = createServer().listen(join(cwd, 'socket'))
    onTestFinished(() => void server.close())
    await new Promise((done) => server.once('listening', done))
    expect(errorOf(await run('Read', { file_path: 'socket' }))).toMatch(/is no regular file/)
  })

  it.each(['.git/hooks/pre-commit', '.git/config', 'sub/.git', '.GIT/config', 'alias/hooks/pre-commit'])(
    '%s is git’s own and not written',
    async (file_path) => {
      const { run, cwd } = await room()
      await mkdir(join(cwd, '.git/hooks'), { recursive: true })
      await symlink('.git', join(cwd, 'alias'))
      expect(errorOf(await run('Write', { file_path, content: 'x' }))).toMatch(/belongs to git itself/)
    },
  )

  it.each(['ensemble.config.json', 'sub/.mcp.json'])('%s is not written', async (file_path) => {
    const { run } = await room()
    expect(errorOf(await run('Write', { file_path, content: '{}' }))).toMatch(/says what programs are started/)
  })

  it('the data directory is hidden, also from searches', async () => {
    const hidden = await room()
    const here = await room({ hidden: [join(hidden.cwd, 'data')] })
    await mkdir(join(hidden.cwd, 'data'))
    await hidden.write('data/store', 'kept')
    const { cwd } = hidden
    expect(errorOf(await here.run('Read', { file_path: 'data/store' }, { cwd }))).toMatch(/is not for tools/)
    expect(await here.run('Glob', { pattern: '**/*' }, { cwd })).toBe('(no file)')
    expect(await here.run('Grep', { pattern: 'kept' }, { cwd })).toBe('(no match)')
  })

  it('no workspace, no files', async () => {
    const { run } = await room()
    expect(errorOf(await run('Read', { file_path: 'a' }, { cwd: undefined }))).toBe(
      'there is no workspace: the run names none',
    )
  })

  it('what somebody else put there meanwhile is not overwritten', async () => {
    const { cwd, write, read } = await room()
    await write('a', 'as it was read')
    const path = join(cwd, 'a')
    const directory = await openDirectory(cwd, [])
    onTestFinished(() => directory.handle.close())
    const change = { directory, name: 'a', shown: 'a', content: 'made of it', key: 'k', expected: await lstat(path) }
    const replaced = replaceFile({ ...change, ready: () => write('a', 'somebody else’s') })
    await expect(replaced).rejects.toThrow('was changed by somebody else meanwhile')
    expect(await read('a')).toBe('somebody else’s')
    await rm(path)
    await symlink('/etc/hostname', path)
    await expect(replaceFile({ ...change, ready: async () => {} })).rejects.toThrow('is a symbolic link')
  })
})
