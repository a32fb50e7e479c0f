// The attempt that this process makes: how its answer or its other ending reaches the disk.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Call, Claim } from './claim.js'
import type { InFlight } from './in-flight.js'
import { encodeRecord, hashName } from './record.js'
import type { RootDirectories } from './root-directory.js'
import { type AnswerRecord, type Attempt, type ClaimRecord, writeAnswer, writeEnd } from './step-record.js'
import { hasCode, reaching } from './storage-error.js'

export type OwnAttempt = {
  roots: RootDirectories
  own: InFlight
  /** The step's directory. */
  path: string
  call: Call
  record: ClaimRecord
  interrupted: AbortSignal
  earlier: Attempt[]
}

export function ownAttempt<A>({ roots, own, path, call, record, interrupted, earlier }: OwnAttempt): Claim<A> {
  const { attempt, run, digest, token } = record
  const folder = join(path, '..')
  const flushed = roots.sync(folder) // begun now: the call itself takes far longer
  flushed.catch(() => {}) // `write` awaits it
  let ended = false

  const write = async (answer: AnswerRecord<A>, encoded: string): Promise<A> => {
    const first = await writeAnswer<A>(path, answer, encoded)
    if (first && first.attempt !== attempt) {
      await writeEnd(path, attempt, { outcome: 'answer', usage: answer.usage, endedAt: answer.endedAt })
    }
    await roots.sync(path)
    await flushed.catch(() => roots.sync(folder))
    return first ? first.answer : answer.answer
  }
  /** The step's directory may have been collected meanwhile; then it is made again. */
  const inStep = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error
      await makeStep(roots, call)
      await roots.sync(folder)
      return work()
    }
  }
  const settle = <T>(what: string, work: () => Promise<T>): Promise<T> => {
    ended = true
    return own.settle(token, () => reaching(what, () => inStep(work)))
  }

  return {
    kind: 'mine',
    attempt,
    earlier,
    interrupted,
    answer: async (value, usage) => {
      if (value === undefined) throw new TypeError('an answer must be JSON: got undefined')
      const answer = { attempt, run, digest, endedAt: Date.now(), usage, answer: value }
      const encoded = encodeRecord(answer)
      return settle('write an answer', () => write(answer, encoded))
    },
    end: async (outcome, { usage, error, counted }) => {
      if (ended) return
      const end = { outcome, usage, error, counted, endedAt: Date.now() }
      encodeRecord(end) // what is no JSON is the caller's error, not one to try again
      await settle('end an attempt', () => writeEnd(path, attempt, end))
    },
  }
}

/** true if the step is new: then there is nothing to read. */
export function makeStep(roots: RootDirectories, { root, step }: Call): Promise<boolean> {
  return roots.within(root, async ({ path }) => {
    try {
      await mkdir(join(path, 'steps', hashName(step)))
      return true
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return false
      throw error
    }
  })
}
