import { mkdtemp, readdir, rename, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { openJournal } from '../../../src/storage/journal.js'
import { directoryStore } from '../../../src/storage/store.js'

const kept = { workflowId: 'kept', firstRunId: 'r1' }
const gone = { workflowId: 'gone', firstRunId: 'r1' }
const keep = (root: { workflowId: string }) => root.workflowId === 'kept'

async function open() {
  const dir = await mkdtemp(join(tmpdir(), 'ensemble-gc-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return { dir, store: directoryStore(dir) }
}
/** Makes everything look untouched for two hours. */
async function age(dir: string) {
  const then = new Date(Date.now() - 7_200_000)
  for (const name of await readdir(dir, { recursive: true })) await utimes(join(dir, name), then, then)
}
const pathOf = (dir: string, ref: string) => join(dir, 'blobs', ref.slice(7, 9), ref.slice(9))

it('what a kept root names stays, also what it shares with a removed one; the rest goes', async () => {
  const { dir, store } = await open()
  const shared = await store.put(kept, 'shared')
  await store.put(gone, 'shared')
  const own = await store.put(gone, 'only here')
  await store.note(gone, 'n', 1)
  await age(dir)
  expect(await store.gc(keep)).toEqual({ roots: 1, blobs: 1, bytes: 9 })
  expect(await store.text(shared)).toBe('shared')
  await expect(store.get(own)).rejects.toMatchObject({ kind: 'missing' })
  expect(await store.roots()).toEqual([kept])
  expect(await store.read(gone, 'n')).toBeUndefined()
})

it('a dry run counts the same and removes nothing', async () => {
  const { dir, store } = await open()
  const ref = await store.put(gone, 'only here')
  await age(dir)
  expect(await store.gc(keep, { dryRun: true })).toEqual({ roots: 1, blobs: 1, bytes: 9 })
  expect(await store.text(ref)).toBe('only here')
  expect(await store.roots()).toEqual([gone])
})

it('what was touched within the grace time stays, whatever keep says', async () => {
  const { dir, store } = await open()
  const ref = await store.put(gone, 'young')
  expect(await store.gc(() => false)).toEqual({ roots: 0, blobs: 0, bytes: 0 })
  await age(dir)
  await store.put({ ...gone, firstRunId: 'r2' }, 'young')
  expect(await store.gc(() => false)).toEqual({ roots: 1, blobs: 0, bytes: 0 })
  expect(await store.text(ref)).toBe('young')
})

it('a root that was collected can be written to again by the same process', async () => {
  const { dir, store } = await open()
  const ref = await store.put(gone, 'text')
  await age(dir)
  expect(await store.gc(() => false)).toEqual({ roots: 1, blobs: 1, bytes: 4 })
  expect(await store.put(gone, 'text')).toBe(ref)
  await age(dir)
  expect(await store.gc(() => true)).toEqual({ roots: 0, blobs: 0, bytes: 0 })
  expect(await store.text(ref)).toBe('text')
})

it('a root that was collected and made again by another process is not taken for the old one', async () => {
  const { dir, store } = await open()
  const ref = await store.put(gone, 'text')
  await age(dir)
  expect((await store.gc(() => false)).roots).toBe(1)
  await directoryStore(dir).put(gone, 'another')
  vi.useFakeTimers({ now: Date.now() + 120_000, toFake: ['Date'] }) // it looks at the root again once a minute
  onTestFinished(() => void vi.useRealTimers())
  await store.put(gone, 'text')
  vi.useRealTimers()
  await age(dir)
  expect((await store.gc(() => true)).blobs).toBe(0)
  expect(await store.text(ref)).toBe('text')
})

it('a blob that a collector had set aside when it died can be read, and is put back', async () => {
  const { dir, store } = await open()
  const ref = await store.put(kept, 'text')
  await rename(pathOf(dir, ref), `${pathOf(dir, ref)}.aside`)
  expect(await store.text(ref)).toBe('text')
  await age(dir)
  expect(await store.gc(keep)).toEqual({ roots: 0, blobs: 0, bytes: 0 })
  expect(await readdir(join(dir, 'blobs', ref.slice(7, 9)))).toEqual([ref.slice(9)])
})

it('the journal of a removed run goes with it; a call in flight there still gets its answer written', async () => {
  const { dir, store } = await open()
  const journal = await openJournal<string>({ dir })
  onTestFinished(() => journal.close())
  const call = { root: gone, step: 's', digest: 'd', run: 'r1' }
  const claim = await journal.begin(call)
  if (claim.kind !== 'mine') throw new Error(claim.kind)
  await age(dir)
  expect((await store.gc(keep)).roots).toBe(1)
  expect(await journal.attempts(gone, 's')).toEqual([])
  expect(await claim.answer('late', {})).toBe('late')
  expect(await journal.begin(call)).toMatchObject({ kind: 'answered', answer: 'late' })
})
