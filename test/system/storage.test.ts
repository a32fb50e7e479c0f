import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { storageProcess } from './storage-process.js'

const temporary = async () => {
  const dir = await mkdtemp(join(tmpdir(), 'ensemble-store-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return dir
}
const files = async (dir: string) =>
  (await readdir(dir, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)

it('several processes put the same texts at once: one whole copy of each is kept', async () => {
  const dir = await temporary()
  const processes = await Promise.all([1, 2, 3].map(() => storageProcess(dir)))
  const texts = Array.from({ length: 20 }, (_, n) => `${n} ${'shared text '.repeat(20_000)}`)
  const refs = await Promise.all(
    processes.map((process, n) =>
      Promise.all(
        texts.map((text) => process.ask<string>('put', { root: { workflowId: `run-${n}`, firstRunId: 'r' }, text })),
      ),
    ),
  )
  expect(refs[1]).toEqual(refs[0])
  expect(refs[2]).toEqual(refs[0])
  expect((await files(join(dir, 'blobs'))).length).toBe(texts.length)
  for (const [n, ref] of refs[0]!.entries()) expect(await processes[n % 3]!.ask('text', { ref })).toBe(texts[n])
}, 60_000)

it('a process collects garbage while others put what it removes: what was put can be read', async () => {
  const dir = await temporary()
  const [collector, one, two] = await Promise.all([1, 2, 3].map(() => storageProcess(dir)))
  let removed = 0
  for (let round = 0; round < 30; round++) {
    const texts = Array.from({ length: 10 }, (_, n) => `round ${round} text ${n}`)
    const old = { workflowId: 'forgotten', firstRunId: String(round) }
    for (const text of texts) await collector!.ask('put', { root: old, text })
    await new Promise((later) => setTimeout(later, 15)) // older than the file system's clock tick, so that it is garbage
    const kept = { workflowId: 'kept', firstRunId: 'r' }
    const [collected, ...refs] = await Promise.all([
      collector!.ask<{ blobs: number }>('gc', { keep: ['kept'] }),
      ...texts.map((text, n) => (n % 2 ? one! : two!).ask<string>('put', { root: kept, text })),
    ])
    removed += collected.blobs
    for (const [n, ref] of refs.entries()) expect(await one!.ask('text', { ref })).toBe(texts[n])
  }
  expect(removed).toBeGreaterThan(0) // the two did meet
}, 60_000)
