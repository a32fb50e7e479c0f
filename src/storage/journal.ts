// A model call is paid once. Its answer is on disk before anybody hears of it, and whoever comes to make the same call
// (a retry, another worker, a rerun) finds the answer, or joins the call in flight, or takes over from a dead worker,
// and of several takers exactly one. A late answer still counts: the first one written wins.
import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Call, Claim, Journal } from './claim.js'
import { inFlight } from './in-flight.js'
import { openLease } from './lease.js'
import { makeStep, ownAttempt } from './own-attempt.js'
import { hashName } from './record.js'
import { rootDirectories, rootPath } from './root-directory.js'
import {
  type AnswerRecord,
  type ClaimRecord,
  listStep,
  markLost,
  placeClaim,
  readStep,
  removeClaim,
  type StepRecord,
  writeClaim,
} from './step-record.js'
import { reaching } from './storage-error.js'

export type { Claim, Journal } from './claim.js'
export type { Attempt } from './step-record.js'

export type JournalOptions = {
  /** The store's directory, so that `gc` removes a run's journal with the run. */
  dir: string
  /** Head of the name that attempts are recorded under; a random part follows, so no two processes share one. */
  worker?: string
  renewMs?: number
  leaseMs?: number
}

const POLL_MS = 100

/** `close` writes what could not be written before and gives up the lease: calls in flight are then free to be taken. */
export async function openJournal<A>(options: JournalOptions): Promise<Journal<A> & { close(): Promise<void> }> {
  const { dir, renewMs = 2_000, leaseMs = 10_000 } = options
  const worker = [options.worker, randomUUID()].filter(Boolean).join('-')
  if (!(renewMs > 0 && leaseMs > renewMs)) {
    throw new RangeError(`leaseMs must be more than renewMs, both above 0: got ${leaseMs} and ${renewMs}`)
  }
  const own = inFlight()
  const lease = await reaching('open its journal', () =>
    openLease({ dir, worker, renewMs, leaseMs, onRenew: (marks) => own.renewed(marks) }),
  )
  const roots = rootDirectories(dir)
  const looksAfter = (claim: ClaimRecord) =>
    claim.worker === worker ? Promise.resolve(own.has(claim.token)) : lease.holds(claim.worker)

  const begin = async (call: Call): Promise<Claim<A>> => {
    const path = join(rootPath(dir, call.root), 'steps', hashName(call.step))
    for (;;) {
      const isNew = await makeStep(roots, call)
      const step = isNew ? NOTHING : await readStep<A>(path)
      const paid = bestAnswer(step.answers, call)
      if (paid) return { kind: 'answered', answer: paid.answer, run: paid.run, attempts: step.attempts }
      const open = openClaims(step, call)
      for (const claim of open) if (await looksAfter(claim)) return theirs(path, claim, step.names)
      for (const claim of open) await markLost(path, claim.attempt)
      const unknown = step.unreadable
      for (const { attempt, mtimeMs } of unknown) if (lease.isPast(mtimeMs)) await markLost(path, attempt)
      // An owner may have written its answer after we looked and before it died.
      if (open.length > 0) continue
      if (unknown.length > 0) await sleep(POLL_MS / 5)
      else {
        const mine = await claim(path, call, step)
        if (mine) return mine
      }
    }
  }

  const claim = async (path: string, call: Call, step: StepRecord<A>): Promise<Claim<A> | undefined> => {
    const { run, digest } = call
    const record = { attempt: step.last + 1, run, digest, worker, startedAt: Date.now(), token: newToken() }
    const interrupted = own.add(record.token)
    let taken = false
    try {
      taken = call.durable ? await flushedClaim(path, record) : await writeClaim(path, record)
    } finally {
      if (!taken) own.remove(record.token)
    }
    if (!taken) return undefined
    return ownAttempt<A>({ roots, own, path, call, record, interrupted, earlier: step.attempts })
  }

  /** What cannot be flushed is taken back: nothing was begun under it. */
  const flushedClaim = async (path: string, record: ClaimRecord): Promise<boolean> => {
    if (!(await placeClaim(path, record))) return false
    try {
      await Promise.all([path, join(path, '..')].map((folder) => roots.sync(folder)))
      return true
    } catch (error) {
      await removeClaim(path, record.attempt)
      throw error
    }
  }

  const theirs = (path: string, claim: ClaimRecord, names: string[]): Claim<A> => ({
    kind: 'theirs',
    attempt: claim.attempt,
    worker: claim.worker,
    ended: (signal) =>
      reaching('wait for a call', async () => {
        const before = names.join()
        for (;;) {
          signal.throwIfAborted()
          if ((await listStep(path))?.join() !== before || !(await looksAfter(claim))) return
          await sleep(POLL_MS, undefined, { signal }).catch(() => signal.throwIfAborted())
        }
      }),
    interrupt: () =>
      reaching('interrupt a call', async () => {
        if (claim.worker === worker) own.interrupt(claim.token)
        else await lease.mark(claim.worker, claim.token)
      }),
  })

  return {
    begin: (call) => reaching('begin a call', () => begin(call)),
    attempts: (root, step) =>
      reaching('read its journal', async () => {
        const { attempts } = await readStep<A>(join(rootPath(dir, root), 'steps', hashName(step)))
        return attempts
      }),
    close: async () => {
      await own.renewed([])
      await reaching('close its journal', () => lease.close())
    },
  }
}

const NOTHING: StepRecord<never> = { names: [], attempts: [], claims: [], answers: [], unreadable: [], last: 0 }

const newToken = () => randomBytes(12).toString('hex')

/** The asking run's own answer, else the one asked for last; among those of one run only the first was written. */
function bestAnswer<A>(answers: AnswerRecord<A>[], { digest, run, fresh }: Call): AnswerRecord<A> | undefined {
  const usable = answers.filter((answer) => answer.digest === digest && (!fresh || answer.run === run))
  return usable.find((answer) => answer.run === run) ?? usable.sort((a, b) => b.attempt - a.attempt)[0]
}

/** Attempts in flight whose answer would do, the newest first. */
function openClaims(step: StepRecord<unknown>, { digest, run, fresh }: Call): ClaimRecord[] {
  const inFlight = new Set(step.attempts.filter(({ outcome }) => !outcome).map(({ attempt }) => attempt))
  return step.claims
    .filter((claim) => inFlight.has(claim.attempt) && claim.digest === digest && (!fresh || claim.run === run))
    .sort((a, b) => b.attempt - a.attempt)
}
