// A lock file that survives its owner: it says who holds it and what for, so that after a kill -9 the next one takes it
// over and finishes what was begun. Of several who find a dead owner's lock one wins: whoever renames the token, a second
// name of the same file. A lock that is not ours is waited for, for a while, and left alone.
import { randomUUID } from 'node:crypto'
import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { lockMessage, PATIENCE_MS } from './git.js'
import { isDead, type Owner, ownProcess } from './owner.js'
import { RepositoryError } from './repository-error.js'

/** What the owner is about. */
export type Note = Record<string, string>
/** `unfinished`: what a dead owner was about; the lock still says so. `abandon`: as if this process had died. */
export type Lock = { unfinished?: Note; release(): Promise<void>; abandon(): Promise<void> }

type Content = { ensemble: string; owner: Owner | null; note: Note }

const LOOK_AGAIN_MS = 25

/** @throws RepositoryError when it is not to be had in `patienceMs` */
export async function takeLock(
  { file, note, patienceMs = PATIENCE_MS }: { file: string; note: Note; patienceMs?: number },
  signal?: AbortSignal,
): Promise<Lock> {
  const until = Date.now() + patienceMs
  for (;;) {
    signal?.throwIfAborted()
    const fresh = await create(file, note)
    if (fresh) return fresh
    const held = await read(file)
    if (held === 'gone') continue
    const taken = held !== 'foreign' && isOver(held.owner) ? await takeOver(file, held) : undefined
    if (taken) return taken
    if (Date.now() >= until) throw new RepositoryError(lockMessage(file))
    await sleep(LOOK_AGAIN_MS, undefined, { signal })
  }
}

/** What a dead process of ours was about when it held this lock. */
export async function unfinishedAt(file: string): Promise<Note | undefined> {
  const dead = await deadTokens(file)
  const held = await read(file)
  // Who was dead before the lock was seen to be gone cannot have it later.
  if (held === 'gone') for (const token of dead) await rm(token, { force: true })
  return held !== 'gone' && held !== 'foreign' && isOver(held.owner) ? held.note : undefined
}

const isOver = (owner: Owner | null) => owner === null || isDead(owner)
const newId = () => `${process.pid}-${randomUUID()}`
const tokenOf = (file: string, id: string) => `${file}.${id}`

async function create(file: string, note: Note): Promise<Lock | undefined> {
  const id = newId()
  const token = await write(file, { ensemble: id, owner: ownProcess(), note })
  if (await linked(token, file)) return held(file, id, note)
  await rm(token, { force: true })
  return undefined
}

/** What the dead one was about stays in the lock, lest it be forgotten when this process dies too. */
async function takeOver(file: string, dead: Content): Promise<Lock | undefined> {
  const claimed = await claim(file, dead.ensemble)
  if (claimed === undefined) return undefined
  const id = newId()
  const token = await write(file, { ensemble: id, owner: ownProcess(), note: dead.note })
  const second = `${token}.new`
  await link(token, second)
  await rename(second, file)
  await rm(claimed, { force: true })
  await removeTokens(file)
  return { ...held(file, id, dead.note), unfinished: dead.note }
}

/** Only one can rename it; if that one dies before it is done, only one can rename that. */
async function claim(file: string, id: string): Promise<string | undefined> {
  const token = tokenOf(file, id)
  for (const name of await readdir(dirname(file))) {
    const from = join(dirname(file), name)
    if (from !== token && !from.startsWith(`${token}.by-`)) continue
    if (from !== token && isAlive(name)) return undefined
    const mine = `${token}.by-${newId()}`
    return (await renamed(from, mine)) ? mine : undefined
  }
  return undefined
}

function held(file: string, id: string, note: Note): Lock {
  const token = tokenOf(file, id)
  return {
    async release() {
      await rm(file, { force: true })
      await removeTokens(file)
      await rm(token, { force: true })
    },
    async abandon() {
      const written = await write(file, { ensemble: id, owner: null, note }, '.over')
      await rename(written, file)
    },
  }
}

/** Only the holder may: the token of a lock that is held is what it is taken over by. */
async function removeTokens(file: string): Promise<void> {
  for (const token of await deadTokens(file)) await rm(token, { force: true })
}

/** What processes left that died while they waited, or after they were done. */
async function deadTokens(file: string): Promise<string[]> {
  const names = await readdir(dirname(file))
  return names
    .filter((name) => name.startsWith(`${basename(file)}.`) && !isAlive(name))
    .map((name) => join(dirname(file), name))
}

/** Beside the lock: the lock itself is there whole or not at all. */
async function write(file: string, content: Content, suffix = ''): Promise<string> {
  const token = tokenOf(file, content.ensemble) + suffix
  await writeFile(token, `${JSON.stringify(content)}\n`, { flag: 'wx' })
  return token
}

async function read(file: string): Promise<Content | 'gone' | 'foreign'> {
  let text: string
  try {
    text = await readFile(file, 'latin1')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'gone'
    throw error
  }
  return text.startsWith('{"ensemble":') && text.endsWith('}\n') ? (JSON.parse(text) as Content) : 'foreign'
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (['EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}

async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

/** The process whose id is the last in the name of a token; true where there is none: it is not ours. */
function isAlive(name: string): boolean {
  const pid = /\.(?:by-)?(\d+)-[0-9a-f-]{36}[^-]*$/.exec(name)?.[1]
  if (pid === undefined) return true
  try {
    process.kill(Number(pid), 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
