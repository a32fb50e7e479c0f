import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openJournal } from '../../src/storage/journal.js'
import { storageProcess } from './storage-process.js'

const call = { root: { workflowId: 'review', firstRunId: 'r1' }, step: 'item 1', digest: 'd', run: 'r1' }
const never = new AbortController().signal

const temporary = async () => {
  const dir = await mkdtemp(join(tmpdir(), 'ensemble-journal-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return dir
}
const open = async (dir: string, options: { renewMs?: number; leaseMs?: number } = {}) => {
  const journal = await openJournal<string>({ dir, ...options })
  onTestFinished(() => journal.close())
  return journal
}

it('a worker is killed between claim and answer: exactly one of several processes takes over, at once', async () => {
  const dir = await temporary()
  const victim = await storageProcess(dir)
  expect(await victim.begin('it', call)).toMatchObject({ kind: 'mine', attempt: 1 })
  const takers = await Promise.all([1, 2, 3, 4].map(() => storageProcess(dir)))
  expect((await takers[0]!.begin('early', call)).kind).toBe('theirs')
  expect(await victim.kill()).toBe('SIGKILL')

  const killed = Date.now()
  const poll = async (taker: (typeof takers)[number]) => {
    for (;;) {
      const begun = await taker.begin('it', call)
      // The first look may still be the one from before the kill.
      if (begun.kind === 'theirs' && begun.attempt === 1) await new Promise((later) => setTimeout(later, 20))
      else return begun
    }
  }
  const begun = await Promise.all(takers.map(poll))
  expect(Date.now() - killed).toBeLessThan(5_000)
  expect(begun.map(({ kind }) => kind).sort()).toEqual(['mine', 'theirs', 'theirs', 'theirs'])
  expect(begun.map(({ attempt }) => attempt)).toEqual([2, 2, 2, 2])
  expect(begun.find(({ kind }) => kind === 'mine')!.earlier).toMatchObject([{ attempt: 1, outcome: 'lost' }])
}, 60_000)

it('a worker is killed after its answer was written: nobody asks again', async () => {
  const dir = await temporary()
  const victim = await storageProcess(dir)
  await victim.begin('it', call)
  await victim.ask('answer', { name: 'it', value: 'paid', usage: { tokens: 7 } })
  expect(await victim.kill()).toBe('SIGKILL')
  const journal = await open(dir)
  expect(await journal.begin(call)).toMatchObject({
    kind: 'answered',
    answer: 'paid',
    run: 'r1',
    attempts: [{ attempt: 1, outcome: 'answer', usage: { tokens: 7 } }],
  })
}, 60_000)

it('a call in flight in another process is joined: one answer, heard by both', async () => {
  const dir = await temporary()
  const [owner, journal] = [await storageProcess(dir), await open(dir)]
  await owner.begin('it', call)
  const joined = await journal.begin(call)
  if (joined.kind !== 'theirs') throw new Error(`wanted theirs, got ${joined.kind}`)
  const ended = joined.ended(never)
  await owner.ask('answer', { name: 'it', value: 'once', usage: {} })
  await ended
  expect(await journal.begin(call)).toMatchObject({ kind: 'answered', answer: 'once' })
}, 60_000)

it('an interruption by a joiner reaches the owner at its next renewal', async () => {
  const dir = await temporary()
  const [owner, journal] = [await storageProcess(dir), await open(dir)]
  await owner.begin('it', call)
  const seen = owner.ask('interrupted', { name: 'it' })
  const joined = await journal.begin(call)
  if (joined.kind !== 'theirs') throw new Error(`wanted theirs, got ${joined.kind}`)
  const asked = Date.now()
  await joined.interrupt()
  expect(await seen).toBe('interrupted')
  expect(Date.now() - asked).toBeLessThan(3_500) // one renewal, 2 s, on a busy machine
}, 60_000)

const stoppedOwner = async () => {
  const dir = await temporary()
  const lease = { renewMs: 200, leaseMs: 1_000 }
  const [owner, journal] = [await storageProcess(dir, lease), await open(dir, lease)]
  await owner.begin('it', call)
  const joined = await journal.begin(call)
  if (joined.kind !== 'theirs') throw new Error(`wanted theirs, got ${joined.kind}`)
  await owner.stop()
  await joined.ended(never)
  const taken = await journal.begin(call)
  if (taken.kind !== 'mine') throw new Error(`wanted mine, got ${taken.kind}`)
  expect(taken).toMatchObject({ attempt: 2, earlier: [{ attempt: 1, outcome: 'lost' }] })
  return { owner, journal, taken }
}

it('the lease of a stopped owner runs out; its late answer, if first, is the one that counts', async () => {
  const { owner, journal, taken } = await stoppedOwner()
  owner.resume()
  expect(await owner.ask('answer', { name: 'it', value: 'late', usage: { tokens: 1 } })).toBe('late')
  expect(await taken.answer('second', { tokens: 2 })).toBe('late')
  expect(await journal.begin(call)).toMatchObject({ kind: 'answered', answer: 'late' })
  expect(await journal.attempts(call.root, call.step)).toMatchObject([
    { attempt: 1, outcome: 'answer', usage: { tokens: 1 } },
    { attempt: 2, outcome: 'answer', usage: { tokens: 2 } },
  ])
}, 60_000)

it('the late answer of a stopped owner, if second, gives way to the first; both are on the bill', async () => {
  const { owner, journal, taken } = await stoppedOwner()
  expect(await taken.answer('first', { tokens: 2 })).toBe('first')
  owner.resume()
  expect(await owner.ask('answer', { name: 'it', value: 'late', usage: { tokens: 1 } })).toBe('first')
  expect(await journal.attempts(call.root, call.step)).toMatchObject([
    { attempt: 1, outcome: 'answer', usage: { tokens: 1 } },
    { attempt: 2, outcome: 'answer', usage: { tokens: 2 } },
  ])
}, 60_000)
