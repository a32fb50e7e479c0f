import { mkdtemp, readdir, readFile, rename, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { directoryStore } from '../../../src/storage/store.js'

const root = { workflowId: 'review/../../x', firstRunId: 'r1' }

async function open() {
  const dir = await mkdtemp(join(tmpdir(), 'ensemble-store-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return { dir, store: directoryStore(dir) }
}
const pathOf = (dir: string, ref: string) => join(dir, 'blobs', ref.slice(7, 9), ref.slice(9))

describe('content', () => {
  it('comes back byte for byte: text with NUL, a byte order mark and any Unicode, and bytes', async () => {
    const { store } = await open()
    const text = '\u{feff}a\0b é 日本 🎼 \r\n'
    expect(await store.text(await store.put(root, text))).toBe(text)
    const bytes = Uint8Array.from({ length: 256 }, (_, n) => n)
    expect(Buffer.compare(await store.get(await store.put(root, bytes)), bytes)).toBe(0)
    expect(await store.text(await store.put(root, ''))).toBe('')
  })

  it('has the SHA-256 of its bytes as its ref', async () => {
    const { store } = await open()
    expect(await store.put(root, 'abc')).toBe('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })

  it('with half a surrogate pair is refused, naming it and its place, and nothing is stored', async () => {
    const { dir, store } = await open()
    await expect(store.put(root, 'ab\ud83dc')).rejects.toThrow(/U\+D83D, at index 2/)
    expect(await readdir(dir)).toEqual([])
  })

  it('put again is not written again, but is young again', async () => {
    const { dir, store } = await open()
    const ref = await store.put(root, 'again')
    const path = pathOf(dir, ref)
    const { ino } = await stat(path)
    await utimes(path, 1_000, 1_000)
    await store.put({ ...root, firstRunId: 'r2' }, 'again')
    expect((await stat(path)).ino).toBe(ino)
    expect(Date.now() - (await stat(path)).mtimeMs).toBeLessThan(60_000)
  })

  it('that is bytes but no text is refused as text', async () => {
    const { store } = await open()
    const ref = await store.put(root, Uint8Array.of(0xff, 0xfe))
    await expect(store.text(ref)).rejects.toThrow(/not UTF-8/)
  })
})

describe('faults', () => {
  it('one flipped bit is seen: damaged', async () => {
    const { dir, store } = await open()
    const ref = await store.put(root, 'a long answer')
    const bytes = await readFile(pathOf(dir, ref))
    bytes[3]! ^= 1
    await writeFile(pathOf(dir, ref), bytes)
    await expect(store.get(ref)).rejects.toMatchObject({ name: 'StorageError', kind: 'damaged' })
  })

  it('a blob cut short is damaged, and whole again when put again', async () => {
    const { dir, store } = await open()
    const ref = await store.put(root, 'a long answer')
    await truncate(pathOf(dir, ref), 4)
    await expect(store.get(ref)).rejects.toMatchObject({ kind: 'damaged' })
    await store.put(root, 'a long answer')
    expect(await store.text(ref)).toBe('a long answer')
  })

  it('a removed blob and a ref that is none are missing', async () => {
    const { dir, store } = await open()
    const ref = await store.put(root, 'x')
    await rm(pathOf(dir, ref))
    await expect(store.get(ref)).rejects.toMatchObject({ kind: 'missing' })
    for (const bad of ['sha256:../../../etc/passwd', '', 'sha256:ABC', `sha256:${'a'.repeat(65)}`]) {
      await expect(store.get(bad)).rejects.toMatchObject({ kind: 'missing', message: expect.stringContaining(bad) })
    }
  })

  it('a store that is away is unreachable for every use, and works again when it is back', async () => {
    const { dir, store } = await open()
    const ref = await store.put(root, 'x')
    const unreachable = { name: 'StorageError', kind: 'unreachable', cause: expect.any(Error) }
    await rename(dir, `${dir}.away`)
    await expect(store.get(ref)).rejects.toMatchObject(unreachable)
    await writeFile(dir, 'a file where the directory should be')
    await expect(store.get(ref)).rejects.toMatchObject(unreachable)
    await expect(store.put(root, 'y')).rejects.toMatchObject(unreachable)
    await expect(store.put({ ...root, firstRunId: 'r2' }, 'y')).rejects.toMatchObject(unreachable)
    await expect(store.note(root, 'n', 1)).rejects.toMatchObject(unreachable)
    await expect(store.read(root, 'n')).rejects.toMatchObject(unreachable)
    await expect(store.roots()).rejects.toMatchObject(unreachable)
    await rm(dir)
    await rename(`${dir}.away`, dir)
    expect(await store.text(ref)).toBe('x')
    expect(await store.text(await store.put(root, 'y'))).toBe('y')
  })
})

describe('notes', () => {
  it('the last one under a name stays; an unknown one is undefined', async () => {
    const { store } = await open()
    await store.note(root, 'prepared-r1', { items: 1 })
    await store.note(root, 'prepared-r1', { items: ['\ud800', null] })
    expect(await store.read(root, 'prepared-r1')).toEqual({ items: ['\ud800', null] })
    expect(await store.read(root, 'prepared-r2')).toBeUndefined()
    expect(await store.read({ ...root, firstRunId: 'other' }, 'prepared-r1')).toBeUndefined()
    expect(await store.roots()).toEqual([root])
  })

  it('a value that is no JSON is refused', async () => {
    const { store } = await open()
    await expect(store.note(root, 'n', undefined)).rejects.toThrow(/got undefined/)
  })

  it('file names hold nothing of ids and names', async () => {
    const { dir, store } = await open()
    await store.note(root, '../../escaped', 1)
    await store.put(root, 'x')
    for (const name of await readdir(dir, { recursive: true })) expect(name).not.toMatch(/escaped|review|\.\./)
  })
})
