// What the journal knows of one step, as files in the step's directory: `<n>.claim` says who makes attempt n, `<n>.end`
// how it ended, by its owner, `<n>.lost` that its owner died, and `answer.<of run and digest>` holds what was paid for.
// A claim and an answer are made exclusively: the first one wins, whoever else tries. Answers are flushed, and claims
// that ask for it; of another claim a power cut may leave nothing, or an empty file, whose attempt counts as lost.
import { open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { passingName, placeFile } from './durable-file.js'
import { decodeRecord, encodeRecord, hashName, readRecord } from './record.js'
import { hasCode, ifThere, StorageError } from './storage-error.js'

/** One request to the model, as far as it got. Times in milliseconds since 1970. */
export type Attempt = {
  attempt: number
  /** First run id of the workflow that made it. */
  run: string
  worker: string
  startedAt: number
  endedAt?: number
  /** Absent while in flight. 'lost': its worker died, so its usage is unknown. */
  outcome?: 'answer' | 'failed' | 'interrupted' | 'lost'
  usage?: unknown
  /** JSON. */
  error?: unknown
  /** Counts against maxRetries. */
  counted?: boolean
  /** Of the request. */
  digest?: string
}

export type ClaimRecord = Pick<Attempt, 'attempt' | 'run' | 'worker' | 'startedAt'> & { digest: string; token: string }
export type EndRecord = Pick<Attempt, 'endedAt' | 'outcome' | 'usage' | 'error' | 'counted'>
export type AnswerRecord<A> = {
  attempt: number
  run: string
  digest: string
  endedAt: number
  usage: unknown
  answer: A
}

export type StepRecord<A> = {
  /** The file names, to see whether anything happened since. */
  names: string[]
  attempts: Attempt[]
  claims: ClaimRecord[]
  answers: AnswerRecord<A>[]
  /** Claims that cannot be read and have no end: being written just now, or left by a crash. */
  unreadable: { attempt: number; mtimeMs: number }[]
  /** The highest number any file names. */
  last: number
}

export const answerName = (run: string, digest: string) => `answer.${hashName(run, digest)}`

/** Sorted, without passing files; undefined where the step has no directory. */
export async function listStep(path: string): Promise<string[] | undefined> {
  return (await ifThere(readdir(path)))?.filter((name) => !name.startsWith('.')).sort()
}

export async function readStep<A>(path: string): Promise<StepRecord<A>> {
  const names = (await listStep(path)) ?? []
  const step: StepRecord<A> = { names, attempts: [], claims: [], answers: [], unreadable: [], last: 0 }
  const ends = new Map<number, EndRecord>()
  const damaged = new Set<string>()
  const readOne = async (name: string) => {
    const [first, kind] = name.split('.')
    const number = Number(first)
    if (first === 'answer') {
      const answer = await readAnswer<A>(path, name)
      if (answer) step.answers.push(answer)
      else damaged.add(name)
    } else {
      step.last = Math.max(step.last, number)
      if (kind === 'claim') await readClaim(path, number, step)
      else if (kind === 'end') ends.set(number, (await readLoose<EndRecord>(join(path, name))) ?? { outcome: 'lost' })
      else if (kind === 'lost' && !ends.has(number)) ends.set(number, { outcome: 'lost' })
    }
  }
  // `end` sorts before `lost`, and is read to its end before it: what the owner says counts for more.
  await Promise.all(names.filter((name) => !name.endsWith('.lost')).map(readOne))
  for (const name of names.filter((name) => name.endsWith('.lost'))) await readOne(name)
  for (const claim of step.claims) {
    if (damaged.has(answerName(claim.run, claim.digest)) && !ends.has(claim.attempt)) {
      await markLost(path, claim.attempt)
      ends.set(claim.attempt, { outcome: 'lost' })
    }
  }
  step.unreadable = step.unreadable.filter(({ attempt }) => !ends.has(attempt))
  step.attempts = combine(step, ends)
  return step
}

function combine<A>(step: StepRecord<A>, ends: Map<number, EndRecord>): Attempt[] {
  const answers = new Map(step.answers.map((answer) => [answer.attempt, answer]))
  const known = step.claims.map(({ token, ...claim }): Attempt => {
    const answer = answers.get(claim.attempt)
    if (!answer) return { ...claim, ...ends.get(claim.attempt) }
    return { ...claim, outcome: 'answer', endedAt: answer.endedAt, usage: answer.usage }
  })
  const unclaimed = [...answers.values()].filter(
    ({ attempt }) => !step.claims.some((claim) => claim.attempt === attempt),
  )
  const paid = unclaimed.map(({ attempt, run, digest, endedAt, usage }): Attempt => {
    return { attempt, run, digest, worker: '', startedAt: endedAt, endedAt, usage, outcome: 'answer' }
  })
  const claimed = new Set([...known, ...paid].map(({ attempt }) => attempt))
  // Its claim cannot be read: somebody began something.
  const nameless = [...ends].flatMap(([attempt, { outcome }]): Attempt[] =>
    claimed.has(attempt) || outcome !== 'lost' ? [] : [{ attempt, run: '', worker: '', startedAt: 0, outcome }],
  )
  return [...known, ...paid, ...nameless].sort((a, b) => a.attempt - b.attempt)
}

async function readClaim<A>(path: string, attempt: number, step: StepRecord<A>): Promise<void> {
  const place = join(path, `${attempt}.claim`)
  const claim = await readLoose<ClaimRecord>(place)
  if (claim) step.claims.push(claim)
  else {
    const found = await ifThere(stat(place))
    if (found) step.unreadable.push({ attempt, mtimeMs: found.mtimeMs })
  }
}

/** For records that are not flushed: undefined also for a damaged one. */
async function readLoose<T>(path: string): Promise<T | undefined> {
  const text = await ifThere(readFile(path, 'utf8'))
  try {
    return text === undefined ? undefined : decodeRecord<T>(text, path)
  } catch (error) {
    if (error instanceof StorageError) return undefined
    throw error
  }
}

/** A damaged answer is put out of the way, where it can be looked at, and asked for again. */
async function readAnswer<A>(path: string, name: string): Promise<AnswerRecord<A> | undefined> {
  try {
    return await readRecord<AnswerRecord<A>>(join(path, name))
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    await ifThere(rename(join(path, name), join(path, passingName('damaged'))))
    return undefined
  }
}

/** false if somebody else made this attempt. What a full disk leaves half written is taken back. */
export async function writeClaim(path: string, claim: ClaimRecord): Promise<boolean> {
  const place = claimPath(path, claim.attempt)
  const file = await exclusively(open(place, 'wx', 0o600))
  if (!file) return false
  try {
    await file.writeFile(encodeRecord(claim))
  } catch (error) {
    await rm(place, { force: true })
    throw error
  } finally {
    await file.close()
  }
  return true
}

/** As writeClaim, and its content is on disk (but for the directory's entry). */
export async function placeClaim(path: string, claim: ClaimRecord): Promise<boolean> {
  const placed = placeFile(claimPath(path, claim.attempt), encodeRecord(claim), { exclusive: true, sync: true })
  return (await exclusively(placed.then(() => true))) ?? false
}

export async function removeClaim(path: string, attempt: number): Promise<void> {
  await rm(claimPath(path, attempt), { force: true })
}

const claimPath = (path: string, attempt: number) => join(path, `${attempt}.claim`)

export async function markLost(path: string, attempt: number): Promise<void> {
  await exclusively(writeFile(join(path, `${attempt}.lost`), '', { flag: 'wx' }))
}

export async function writeEnd(path: string, attempt: number, end: EndRecord): Promise<void> {
  await placeFile(join(path, `${attempt}.end`), encodeRecord(end), { exclusive: false, sync: false })
}

/** On disk when it resolves (but for the directory's entry). Returns the answer that was there first, if one was. */
export async function writeAnswer<A>(
  path: string,
  record: AnswerRecord<A>,
  encoded: string,
): Promise<AnswerRecord<A> | undefined> {
  const name = answerName(record.run, record.digest)
  for (;;) {
    const placed = placeFile(join(path, name), encoded, { exclusive: true, sync: true })
    if (await exclusively(placed.then(() => true))) return undefined
    const first = await readAnswer<A>(path, name)
    if (first) return first
  }
}

/** undefined if the place was taken. */
async function exclusively<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return undefined
    throw error
  }
}
