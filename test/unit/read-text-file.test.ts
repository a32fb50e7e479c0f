import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { readTextFile } from '../../src/activities/read-text-file.js'

async function room(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'ensemble-text-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return dir
}

it('a text file is read whole, byte for byte', async () => {
  const path = join(await room(), 'text')
  await writeFile(path, 'a\0b – \u{1F600}\n')
  expect(await readTextFile(path)).toBe('a\0b – \u{1F600}\n')
})

it('a pipe is refused instead of being waited for', async () => {
  const path = join(await room(), 'pipe')
  execFileSync('mkfifo', [path])
  await expect(readTextFile(path)).rejects.toThrow('is no regular file')
})

it('what is no text, a directory or not there is refused with the reason', async () => {
  const dir = await room()
  await writeFile(join(dir, 'bytes'), Buffer.from([0x61, 0xff, 0xfe]))
  await expect(readTextFile(join(dir, 'bytes'))).rejects.toThrow('is not UTF-8 text')
  await expect(readTextFile(dir)).rejects.toThrow('is a directory')
  await expect(readTextFile(join(dir, 'nothing'))).rejects.toThrow('ENOENT')
})
