// What was there before somebody worked in a directory is known and can be brought back, byte by byte.
import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { changesBetween, restoreSnapshot, takeSnapshot } from '../../../src/git/snapshot.js'

let workspace: string
let place: string
const at = () => ({ workspace, place })
const write = (name: string, text: string | Uint8Array) => writeFile(join(workspace, name), text)
const read = (name: string) => readFile(join(workspace, name), 'utf8')

beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'snapshot-work-'))
  place = join(await mkdtemp(join(tmpdir(), 'snapshot-place-')), 'fix')
  await mkdir(join(workspace, 'src'))
  await write('src/a.txt', 'one\r\ntwo\n')
  await write('gone.txt', 'was here\n')
  await write('run.sh', '#!/bin/sh\n')
})
afterEach(async () => {
  await rm(workspace, { recursive: true })
  await rm(join(place, '..'), { recursive: true })
})

async function change(): Promise<void> {
  await write('src/a.txt', 'one\r\nTWO\n')
  await rm(join(workspace, 'gone.txt'))
  await write('src/new [1]*.txt', 'new\n')
  await chmod(join(workspace, 'run.sh'), 0o755)
}

describe('a snapshot', () => {
  it('tells what changed since, and leaves nothing behind in the directory', async () => {
    const from = await takeSnapshot(at())
    await change()
    const { diff, files } = await changesBetween(at(), from, await takeSnapshot(at()))
    expect(files).toEqual([
      { path: 'gone.txt', added: 0, removed: 1 },
      { path: 'run.sh', added: 0, removed: 0 },
      { path: 'src/a.txt', added: 1, removed: 1 },
      { path: 'src/new [1]*.txt', added: 1, removed: 0 },
    ])
    expect(diff).toContain('-two\n+TWO\n')
    await expect(stat(join(workspace, '.git'))).rejects.toThrow('ENOENT')
  })

  it('brings all of it back, bytes, modes and links, also when asked twice', async () => {
    await symlink('src/a.txt', join(workspace, 'link'))
    const from = await takeSnapshot(at())
    await change()
    await rm(join(workspace, 'link'))
    await write('link', 'no link\n')
    const to = await takeSnapshot(at())
    const { restored, kept } = await restoreSnapshot(at(), from, to)
    expect(restored).toEqual(['gone.txt', 'link', 'run.sh', 'src/a.txt', 'src/new [1]*.txt'])
    expect(kept).toEqual([])
    expect(await read('src/a.txt')).toBe('one\r\ntwo\n')
    expect(await read('gone.txt')).toBe('was here\n')
    expect(await readlink(join(workspace, 'link'))).toBe('src/a.txt')
    expect((await stat(join(workspace, 'run.sh'))).mode & 0o111).toBe(0)
    expect(await takeSnapshot(at())).toBe(from)
    expect(await restoreSnapshot(at(), from, to)).toEqual({ restored: [], kept: [] })
  })

  it('leaves what somebody changed since', async () => {
    const from = await takeSnapshot(at())
    await change()
    const to = await takeSnapshot(at())
    await write('src/a.txt', 'mine\n')
    await write('other.txt', 'mine too\n')
    const { restored, kept } = await restoreSnapshot(at(), from, to)
    expect(kept).toEqual(['src/a.txt'])
    expect(restored).toContain('gone.txt')
    expect(await read('src/a.txt')).toBe('mine\n')
    expect(await read('other.txt')).toBe('mine too\n')
  })

  it('runs nothing of the directory it looks at: no hook, no filter', async () => {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: workspace, stdio: 'pipe' })
    git('init', '-q')
    git('config', 'filter.evil.clean', `touch ${join(workspace, 'ran')}; cat`)
    git('config', 'filter.evil.smudge', `touch ${join(workspace, 'ran')}; cat`)
    await write('.gitattributes', '* filter=evil text=auto\n')
    await mkdir(join(workspace, '.git/hooks'), { recursive: true })
    await writeFile(join(workspace, '.git/hooks/post-checkout'), `#!/bin/sh\ntouch ${join(workspace, 'ran')}\n`, {
      mode: 0o755,
    })
    const from = await takeSnapshot(at())
    await change()
    await restoreSnapshot(at(), from, await takeSnapshot(at()))
    await expect(stat(join(workspace, 'ran'))).rejects.toThrow('ENOENT')
    expect(await read('src/a.txt')).toBe('one\r\ntwo\n')
    expect(git('status', '--porcelain').toString()).not.toContain(' M ')
  })

  it('keeps ignored files out', async () => {
    await write('.gitignore', '*.log\n')
    const from = await takeSnapshot(at())
    await write('x.log', 'noise\n')
    await mkdir(join(workspace, 'node_modules'))
    await write('node_modules/x.js', '1\n')
    expect(await takeSnapshot(at())).toBe(from)
  })
})
