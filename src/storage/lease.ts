// One lease per worker process says that the calls it has in flight are looked after: a file, renewed by writing to it,
// valid for some seconds. Ages are taken from the file system's clock alone (every renewal is also a look at it), so
// clocks of several hosts may differ; and a lease counts as expired only if it was also seen unrenewed for two periods,
// so a clock that jumps ends nothing. Beside the lease lie marks that others leave for its owner, seen at each renewal.
import { mkdir, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDead, ownIdentity, type ProcessIdentity } from './process-identity.js'
import { hashName } from './record.js'
import { hasCode, ifThere } from './storage-error.js'

export type Lease = {
  /** Whether that worker still looks after its calls. */
  holds(worker: string): Promise<boolean>
  /** Whether a file written at this time (its mtime) is older than a lease may be. */
  isPast(mtimeMs: number): boolean
  /** Leaves a mark for another worker. */
  mark(worker: string, token: string): Promise<void>
  close(): Promise<void>
}

export type LeaseOptions = {
  dir: string
  worker: string
  renewMs: number
  leaseMs: number
  /** Called after each renewal, reached or not, with the marks that others left; must not throw. */
  onRenew: (marks: string[]) => Promise<void>
}

type Watched = { mtime: number; since: number; checked: number; holds: Promise<boolean> }

/** `worker` must be the name of one process only. */
export async function openLease({ dir, worker, renewMs, leaseMs, onRenew }: LeaseOptions): Promise<Lease> {
  const own = ownIdentity()
  const home = (name: string) => join(dir, 'workers', hashName(name))
  const place = join(home(worker), 'lease')
  const watched = new Map<string, Watched>()
  let clock = { file: 0, monotonic: 0 }
  let closed = false

  const renew = async () => {
    clock = { file: await writeLease(place, JSON.stringify({ worker, ...own })), monotonic: performance.now() }
  }
  const fileNow = () => clock.file + (performance.now() - clock.monotonic)
  const isPast = (mtimeMs: number) => fileNow() - mtimeMs > leaseMs

  const look = async (name: string, entry: Pick<Watched, 'mtime' | 'since'>): Promise<boolean> => {
    const path = join(home(name), 'lease')
    const text = await ifThere(readFile(path, 'utf8'))
    const found = await ifThere(stat(path))
    if (text === undefined || !found) return false // it closed
    if (entry.mtime !== found.mtimeMs) Object.assign(entry, { mtime: found.mtimeMs, since: performance.now() })
    const holder = readHolder(text)
    if (holder && isDead(holder, own)) return false
    return !(isPast(found.mtimeMs) && performance.now() - entry.since >= 2 * renewMs)
  }
  const holds = (name: string): Promise<boolean> => {
    const before = watched.get(name)
    if (before && performance.now() - before.checked < renewMs / 8) return before.holds
    const entry = { mtime: before?.mtime ?? 0, since: before?.since ?? 0, checked: performance.now() }
    const result = look(name, entry)
    watched.set(name, Object.assign(entry, { holds: result }))
    result.catch(() => watched.delete(name)) // the caller gets the error, the next one looks again
    return result
  }

  await mkdir(home(worker), { recursive: true })
  await renew()

  let timer: NodeJS.Timeout
  let running: Promise<void> = Promise.resolve()
  const tick = async () => {
    // Out of reach: others see the lease expire, and the next tick tries again.
    const marks = await renew()
      .then(() => takeMarks(home(worker)))
      .catch(() => [])
    await onRenew(marks)
    if (!closed) schedule()
  }
  const schedule = () => {
    timer = setTimeout(() => {
      running = tick()
    }, renewMs).unref()
  }
  schedule()

  return {
    holds,
    isPast,
    mark: async (name, token) => {
      await ifThere(writeFile(join(home(name), token), ''))
    },
    close: async () => {
      closed = true
      clearTimeout(timer)
      await running
      clearTimeout(timer)
      await rm(home(worker), { recursive: true, force: true })
    },
  }
}

/** Always the same bytes, so a reader never sees half of them change. Returns the file system's time of the write. */
async function writeLease(path: string, content: string): Promise<number> {
  const file = await open(path, 'r+').catch((error) => {
    if (!hasCode(error, 'ENOENT')) throw error
    return mkdir(join(path, '..'), { recursive: true }).then(() => open(path, 'w', 0o600))
  })
  try {
    await file.write(content, 0)
    return (await file.stat()).mtimeMs
  } finally {
    await file.close()
  }
}

/** undefined for a file that a crash of the machine left empty: its age alone counts then. */
function readHolder(text: string): ProcessIdentity | undefined {
  return text.endsWith('}') ? JSON.parse(text) : undefined
}

async function takeMarks(home: string): Promise<string[]> {
  const marks = (await readdir(home)).filter((name) => name !== 'lease')
  await Promise.all(marks.map((name) => rm(join(home, name), { force: true })))
  return marks
}
