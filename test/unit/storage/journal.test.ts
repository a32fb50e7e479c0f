import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Claim, openJournal } from '../../../src/storage/journal.js'

const root = { workflowId: 'w', firstRunId: 'r1' }
const call = { root, step: 'item 1', digest: 'd', run: 'r1' }
const never = new AbortController().signal

async function temporary() {
  const dir = await mkdtemp(join(tmpdir(), 'ensemble-journal-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return dir
}
async function open(dir: string, renewMs = 2_000) {
  const journal = await openJournal<unknown>({ dir, renewMs })
  onTestFinished(() => journal.close())
  return journal
}
function as<K extends Claim<unknown>['kind']>(kind: K, claim: Claim<unknown>) {
  if (claim.kind !== kind) throw new Error(`wanted ${kind}, got ${claim.kind}`)
  return claim as Extract<Claim<unknown>, { kind: K }>
}
const find = async (dir: string, start: string) => {
  const names = await readdir(dir, { recursive: true })
  return names.filter((name) => name.split('/').at(-1)!.startsWith(start)).map((name) => join(dir, name))
}

describe('which answer is used', () => {
  it('the one of an equal request only', async () => {
    const journal = await open(await temporary())
    await as('mine', await journal.begin(call)).answer('old request', {})
    expect(await journal.begin({ ...call, digest: 'other' })).toMatchObject({ kind: 'mine', attempt: 2 })
    expect(await journal.begin({ ...call, step: 'item 2' })).toMatchObject({ kind: 'mine', attempt: 1 })
    expect(await journal.begin(call)).toMatchObject({ kind: 'answered', answer: 'old request' })
  })

  it('a rerun takes what the original run paid; a fresh one asks anew, and later reruns take that', async () => {
    const journal = await open(await temporary())
    await as('mine', await journal.begin(call)).answer('original', {})
    expect(await journal.begin({ ...call, run: 'r2' })).toMatchObject({ kind: 'answered', run: 'r1' })
    const fresh = { ...call, run: 'r2', fresh: true }
    await as('mine', await journal.begin(fresh)).answer('anew', {})
    expect(await journal.begin(fresh)).toMatchObject({ kind: 'answered', answer: 'anew', run: 'r2' })
    expect(await journal.begin({ ...call, run: 'r3' })).toMatchObject({ kind: 'answered', answer: 'anew' })
    expect(await journal.begin(call)).toMatchObject({ kind: 'answered', answer: 'original' }) // it never changes its mind
  })

  it('null, an empty text and nested values are answers; undefined is refused and the call can still be answered', async () => {
    const journal = await open(await temporary())
    for (const [n, value] of [null, '', 0, { a: ['\ud800', null] }].entries()) {
      const step = String(n)
      await as('mine', await journal.begin({ ...call, step })).answer(value, null)
      expect(as('answered', await journal.begin({ ...call, step })).answer).toEqual(value)
    }
    const claim = as('mine', await journal.begin(call))
    await expect(claim.answer(undefined, {})).rejects.toThrow(/got undefined/)
    expect(await claim.answer('given', {})).toBe('given')
  })
})

describe('attempts', () => {
  it('failed ones are listed with what they cost, and the next attempt is free to be made', async () => {
    const journal = await open(await temporary())
    const ending = { usage: { tokens: 3 }, error: { type: 'ServerError' }, counted: true }
    await as('mine', await journal.begin(call)).end('failed', ending)
    const second = as('mine', await journal.begin(call))
    expect(second.earlier).toMatchObject([{ attempt: 1, run: 'r1', outcome: 'failed', ...ending }])
    await second.end('interrupted', {})
    expect(await journal.attempts(root, 'item 1')).toMatchObject([{ outcome: 'failed' }, { outcome: 'interrupted' }])
    expect(await journal.attempts(root, 'never begun')).toEqual([])
  })

  it('of many at once exactly one is made, and all hear its answer', async () => {
    const dir = await temporary()
    const journals = await Promise.all([open(dir), open(dir), open(dir)])
    let made = 0
    const ask = async (n: number): Promise<unknown> => {
      for (;;) {
        const claim = await journals[n % 3]!.begin(call)
        if (claim.kind === 'answered') return claim.answer
        if (claim.kind === 'theirs') await claim.ended(never)
        else {
          made += 1
          return claim.answer(`by ${n}`, {})
        }
      }
    }
    const answers = await Promise.all(Array.from({ length: 60 }, (_, n) => ask(n)))
    expect(made).toBe(1)
    expect(new Set(answers).size).toBe(1)
  })

  it('a fresh call does not join one of another run; an equal one does', async () => {
    const journal = await open(await temporary())
    await journal.begin(call)
    expect(await journal.begin({ ...call, run: 'r2' })).toMatchObject({ kind: 'theirs', attempt: 1 })
    expect(await journal.begin({ ...call, run: 'r2', fresh: true })).toMatchObject({ kind: 'mine', attempt: 2 })
  })
})

describe('joining', () => {
  it('a joiner hears that the attempt failed, and may make the next', async () => {
    const dir = await temporary()
    const [one, two] = [await open(dir), await open(dir)]
    const owner = as('mine', await one.begin(call))
    const ended = as('theirs', await two.begin(call)).ended(never)
    await owner.end('failed', {})
    await ended
    expect(await two.begin(call)).toMatchObject({ kind: 'mine', attempt: 2 })
  })

  it('waiting stops with its signal', async () => {
    const journal = await open(await temporary())
    await journal.begin(call)
    const waiting = new AbortController()
    const ended = as('theirs', await journal.begin(call)).ended(waiting.signal)
    waiting.abort(new Error('the activity was cancelled'))
    await expect(ended).rejects.toThrow('the activity was cancelled')
  })

  it('an interruption reaches an owner in the same process, and in another journal, once it renews', async () => {
    const dir = await temporary()
    const [one, two] = [await open(dir, 50), await open(dir)]
    const first = as('mine', await one.begin(call))
    await as('theirs', await one.begin(call)).interrupt()
    expect(first.interrupted.aborted).toBe(true)
    const second = as('mine', await one.begin({ ...call, step: 'item 2' }))
    const seen = new Promise((resolve) => second.interrupted.addEventListener('abort', resolve))
    await as('theirs', await two.begin({ ...call, step: 'item 2' })).interrupt()
    await seen
  })

  it('a journal that closes gives its calls free', async () => {
    const dir = await temporary()
    const [one, two] = [await openJournal({ dir }), await open(dir)]
    await one.begin(call)
    const joined = as('theirs', await two.begin(call))
    await one.close()
    await joined.ended(never)
    expect(await two.begin(call)).toMatchObject({ kind: 'mine', attempt: 2, earlier: [{ outcome: 'lost' }] })
  })
})

describe('faults', () => {
  it('an answer that cannot be written is kept: the retry joins it and hears it when the disk is back', async () => {
    const dir = await temporary()
    const journal = await open(dir, 50)
    const claim = as('mine', await journal.begin(call))
    await rename(dir, `${dir}.away`)
    await writeFile(dir, 'a file where the directory should be')
    const unreachable = { name: 'StorageError', kind: 'unreachable', cause: expect.any(Error) }
    await expect(claim.answer('paid', { tokens: 5 })).rejects.toMatchObject(unreachable)
    await claim.end('failed', {}) // what a caller does when something throws: it must not lose the answer
    await expect(journal.begin(call)).rejects.toMatchObject(unreachable)
    await rm(dir)
    await rename(`${dir}.away`, dir)
    const begun = await journal.begin(call)
    if (begun.kind === 'theirs') await begun.ended(never)
    expect(await journal.begin(call)).toMatchObject({ kind: 'answered', answer: 'paid' })
  })

  it('an answer with a flipped bit is not used: it is asked for again, and kept aside', async () => {
    const dir = await temporary()
    const journal = await open(dir)
    await as('mine', await journal.begin(call)).answer('sound', {})
    const [path] = await find(dir, 'answer.')
    await writeFile(path!, (await readFile(path!, 'utf8')).replace('sound', 'sounc'))
    const again = as('mine', await journal.begin(call))
    expect(again.earlier).toMatchObject([{ attempt: 1, outcome: 'lost' }])
    expect(await again.answer('sound again', {})).toBe('sound again')
    expect(await journal.begin(call)).toMatchObject({ kind: 'answered', answer: 'sound again' })
    expect((await find(dir, '.')).filter((name) => name.endsWith('.damaged')).length).toBe(1)
  })

  it('an empty claim, as a power cut leaves it, holds nobody up for longer than a lease', async () => {
    const dir = await temporary()
    const journal = await openJournal({ dir, renewMs: 50, leaseMs: 300 })
    onTestFinished(() => journal.close())
    await as('mine', await journal.begin(call)).end('failed', {})
    const [path] = await find(dir, '1.claim')
    await writeFile(path!.replace('1.claim', '2.claim'), '')
    expect(await journal.begin(call)).toMatchObject({ kind: 'mine', attempt: 3 })
  })

  it('lease times that cannot work are refused', async () => {
    const dir = await temporary()
    await expect(openJournal({ dir, renewMs: 2_000, leaseMs: 1_000 })).rejects.toThrow(/got 1000 and 2000/)
  })
})
