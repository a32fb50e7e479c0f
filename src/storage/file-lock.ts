// One process at a time on a path: a lock file beside it that says who holds it. The lock of a process that died is
// taken over at once on its own machine; elsewhere when it is far older than any work under it takes.
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { passingName, placeFile } from './durable-file.js'
import { isDead, ownIdentity, type ProcessIdentity } from './process-identity.js'
import { hasCode, ifThere, StorageError } from './storage-error.js'

const POLL_MS = 20
const PATIENCE_MS = 10_000
const STALE_MS = 60_000

/** Runs one work at a time for each path. Throws a StorageError of kind 'unreachable' where the lock stays taken. */
export function fileLocks(): <T>(path: string, work: () => Promise<T>) => Promise<T> {
  const own = ownIdentity()
  const last = new Map<string, Promise<unknown>>()
  return (path, work) => {
    const lock = `${path}.lock`
    const turn = async () => {
      await take(lock, own)
      try {
        return await work()
      } finally {
        await rm(lock, { force: true })
      }
    }
    const mine = (last.get(path) ?? Promise.resolve()).then(turn, turn)
    last.set(path, mine)
    const forget = () => {
      if (last.get(path) === mine) last.delete(path)
    }
    mine.then(forget, forget)
    return mine
  }
}

async function take(lock: string, own: ProcessIdentity): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    try {
      return await placeFile(lock, JSON.stringify(own), { exclusive: true, sync: false })
    } catch (error) {
      if (hasCode(error, 'ENOENT')) await mkdir(dirname(lock), { recursive: true, mode: 0o700 })
      else if (!hasCode(error, 'EEXIST')) throw error
    }
    const holder = await ifThere(readFile(lock, 'utf8'))
    if (holder === undefined) continue
    if (await isStale(lock, holder, own)) await breakLock(lock, holder)
    else if (performance.now() > deadline)
      throw new StorageError('unreachable', `${lock} is held by another process: ${holder}`)
    else await sleep(POLL_MS)
  }
}

async function isStale(lock: string, text: string, own: ProcessIdentity): Promise<boolean> {
  if (!text.endsWith('}')) return true // it appeared whole: this is what a power cut left
  const holder: ProcessIdentity = JSON.parse(text)
  if (holder.machine === own.machine) return isDead(holder, own)
  // Both times from the file system's clock: those of two machines differ.
  const probe = join(dirname(lock), passingName('tmp'))
  await placeFile(probe, '', { exclusive: false, sync: false })
  const [now, then] = await Promise.all([stat(probe), ifThere(stat(lock))])
  await rm(probe, { force: true })
  return then !== undefined && now.mtimeMs - then.mtimeMs > STALE_MS
}

/** Somebody else may have broken it and taken it since we looked: then it is put back. */
async function breakLock(lock: string, seen: string): Promise<void> {
  const aside = join(dirname(lock), passingName('tmp'))
  if ((await ifThere(rename(lock, aside).then(() => true))) === undefined) return
  const found = await readFile(aside, 'utf8')
  if (found !== seen) await placeFile(lock, found, { exclusive: true, sync: false }).catch(() => {})
  await rm(aside, { force: true })
}
