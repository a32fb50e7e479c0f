// One holder at a time for a directory, also when holders are killed. Each holder makes a file with a number of its own,
// `<name>.<n>`; the highest number holds. A stale lock is never removed first (two takers could then both win): the taker
// links number n + 1, which the file system grants to one of them only, and removes the lower ones afterwards.
import { randomUUID } from 'node:crypto'
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { identityOf, isAlive, type ProcessIdentity } from '../process-identity.js'

/** A holder in another container cannot be asked about; it shows that it lives by touching its file. */
const TOUCH_MS = 2_000
const UNTOUCHED_MS = 15_000

export type Lock = { release(): void }

type Entry = { number: number; path: string; holder?: ProcessIdentity }

/** undefined while another process holds it. The directory must exist. */
export function tryLock(directory: string, name: string): Lock | undefined {
  const newest = entries(directory, name)[0]
  if (newest && isHeld(newest)) return undefined
  const number = (newest?.number ?? 0) + 1
  const path = join(directory, `${name}.${number}`)
  if (!linkNew(path, identityOf(process.pid))) return undefined
  const [highest, ...lower] = entries(directory, name)
  if (highest?.number !== number) {
    rmSync(path, { force: true }) // meanwhile others took it, let go, and cleared the number made here
    return undefined
  }
  for (const entry of lower) rmSync(entry.path, { force: true })
  const touching = setInterval(() => unlessDeleted(() => utimesSync(path, new Date(), new Date())), TOUCH_MS).unref()
  const release = () => {
    clearInterval(touching)
    unlessDeleted(() => replace(path, undefined)) // the file stays, so that its number is not used again
  }
  return { release }
}

/** Somebody may delete the whole directory: what its holder keeps must still be ended in good order. */
function unlessDeleted(work: () => void): void {
  try {
    work()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/** Highest number first. */
function entries(directory: string, name: string): Entry[] {
  const numbered = readdirSync(directory).flatMap((file) => {
    const number = file.startsWith(`${name}.`) ? file.slice(name.length + 1) : ''
    return /^\d+$/.test(number) ? [{ number: Number(number), path: join(directory, file) }] : []
  })
  return numbered.sort((a, b) => b.number - a.number).map((entry) => ({ ...entry, holder: holderIn(entry.path) }))
}

/** undefined: released, cleared away just now, or cut when the power failed, which ended its holder. */
function holderIn(path: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).holder
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function isHeld({ holder, path }: Entry): boolean {
  if (!holder) return false
  const own = identityOf(process.pid)
  if (holder.boot === own?.boot && holder.space === own.space) return isAlive(holder)
  return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) < UNTOUCHED_MS
}

/** The file appears with its content or not at all. */
function linkNew(path: string, holder: ProcessIdentity | undefined): boolean {
  const draft = writeDraft(path, holder)
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function replace(path: string, holder: ProcessIdentity | undefined): void {
  renameSync(writeDraft(path, holder), path)
}

function writeDraft(path: string, holder: ProcessIdentity | undefined): string {
  const draft = `${path}.${randomUUID()}`
  writeFileSync(draft, JSON.stringify({ holder }))
  return draft
}
