import { mkdir, symlink, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { errorOf, room } from './room.js'

async function project() {
  const here = await room()
  await Promise.all(
    ['src/deep', '.git', 'node_modules/x', '.hidden'].map((dir) => mkdir(join(here.cwd, dir), { recursive: true })),
  )
  const files = {
    'src/a.ts': 'const one = 1\nconst two = 2\nlet three\n',
    'src/deep/b.ts': 'CONST four\nconst five = 5\n',
    'readme.md': 'constantly\n',
    '.git/config': 'const',
    'node_modules/x/index.js': 'const',
    '.hidden/c.ts': 'const hidden\n',
  }
  for (const [path, text] of Object.entries(files)) await here.write(path, text)
  await here.write('binary', Buffer.from('const\0'))
  await symlink(here.outside, join(here.cwd, 'out'))
  return here
}

describe('Glob', () => {
  it('finds files by a pattern, the newest first, without following links', async () => {
    const { run, cwd } = await project()
    await utimes(join(cwd, 'src/deep/b.ts'), 1, 1)
    expect(await run('Glob', { pattern: 'src/**/*.ts' })).toBe('src/a.ts\nsrc/deep/b.ts')
    expect(await run('Glob', { pattern: '*.ts', path: 'src/deep' })).toBe('src/deep/b.ts')
    const all = ((await run('Glob', { pattern: '**/*' })) as string).split('\n').sort()
    expect(all).toEqual(['.hidden/c.ts', 'binary', 'readme.md', 'src/a.ts', 'src/deep/b.ts'])
    expect(await run('Glob', { pattern: 'out/*' })).toBe('(no file)')
  })

  it.each(['/etc/*', '../outside/*', 'src/../../outside/*', '{src,../outside}/*'])('%s is refused', async (pattern) => {
    const { run } = await project()
    expect(errorOf(await run('Glob', { pattern }))).toMatch(/absolute|leads out/)
  })

  it('a directory outside is refused', async () => {
    const { run, outside } = await project()
    expect(errorOf(await run('Glob', { pattern: '*', path: outside }))).toContain('is outside the workspace')
    expect(errorOf(await run('Grep', { pattern: 'nobody', path: 'out' }))).toContain('is outside the workspace')
  })
})

describe('Grep', () => {
  it('shows the lines of text files that match, with their numbers', async () => {
    const { run } = await project()
    const lines = ['.hidden/c.ts:1:const hidden', 'src/a.ts:1:const one = 1', 'src/a.ts:2:const two = 2']
    expect(await run('Grep', { pattern: '^const\\b' })).toBe([...lines, 'src/deep/b.ts:2:const five = 5'].join('\n'))
    expect(await run('Grep', { pattern: 'const f', '-i': true, glob: '*.ts', path: 'src' })).toBe(
      'src/deep/b.ts:1:CONST four\nsrc/deep/b.ts:2:const five = 5',
    )
    expect(await run('Grep', { pattern: 'const', path: 'src/a.ts', output_mode: 'count' })).toBe('src/a.ts:2')
    expect(await run('Grep', { pattern: 'one', output_mode: 'files_with_matches' })).toBe('src/a.ts')
    expect(await run('Grep', { pattern: 'nothing at all' })).toBe('(no match)')
    expect(await run('Grep', { pattern: 'two', '-C': 1 })).toBe(
      'src/a.ts-1-const one = 1\nsrc/a.ts:2:const two = 2\nsrc/a.ts-3-let three',
    )
  })

  it('ends a result that grows too long', async () => {
    const { run, write } = await project()
    await write('long', 'x\n'.repeat(5000))
    const output = (await run('Grep', { pattern: 'x', path: 'long', head_limit: 3 })) as string
    expect(output).toBe('long:1:x\nlong:2:x\nlong:3:x\n(there is more: narrow the search)')
  })

  it('says what is wrong with a pattern', async () => {
    const { run } = await project()
    expect(errorOf(await run('Grep', { pattern: '(' }))).toContain('is no regular expression')
  })

  it('a pattern that takes for ever ends with the run', async () => {
    const { run, write } = await project()
    await write('evil', 'a'.repeat(50))
    const signal = AbortSignal.timeout(300)
    await expect(run('Grep', { pattern: '(a+)+$b' }, { signal })).rejects.toThrow()
    expect(signal.aborted).toBe(true)
  })
})
