// Everything kept for one original run lies in one directory: who it is (`root.json`), the refs it names (`refs`, one
// line each, appended), its notes and the journal of its steps. So garbage collection removes a run whole, and a
// journal entry can never outlive or lose the blobs it names.

import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { batched } from './batched.js'
import { directorySync, passingName, placeFile } from './durable-file.js'
import { encodeRecord, hashName, readRecord } from './record.js'
import { hasCode, ifThere, StorageError } from './storage-error.js'

/** The original run; reruns, forks and children carry it on. */
export type Root = { workflowId: string; firstRunId: string }

/** What `root.json` holds: whose directory it is, and a random name that tells it from one made later for the same root. */
type Owner = Root & { made: string }

/** `touched` is when this process last showed that the root is in use; `refs` are the ones it has recorded itself. */
type Opened = { path: string; made: string | undefined; touched: number; refs: Set<string> }

const TOUCH_MS = 60_000 // far below any sensible grace time, far above the time between two calls
const REMEMBERED = 1_000 // roots kept in memory: a forgotten one costs a few flushes more

export const rootPath = (dir: string, root: Root) => {
  const name = hashName(root.workflowId, root.firstRunId)
  return join(dir, 'roots', name.slice(0, 2), name.slice(2))
}

export type RootDirectories = ReturnType<typeof rootDirectories>

export function rootDirectories(dir: string) {
  const sync = directorySync()
  const opened = new Map<string, Promise<Opened>>()
  const append = batched<string>(appendLines)

  const start = async (root: Root, path: string): Promise<Opened> => {
    if (!(await touch(path))) await create(root, path)
    // Also when another process made it: it may have died before its own flush.
    for (const parent of [join(path, '..'), join(dir, 'roots'), dir]) await sync(parent)
    return { path, made: await madeAs(path), touched: Date.now(), refs: new Set() }
  }

  const open = async (root: Root): Promise<Opened> => {
    const path = rootPath(dir, root)
    const known = await opened.get(path)
    if (known && Date.now() - known.touched < TOUCH_MS) return known
    if (known && (await touch(path)) && (await madeAs(path)) === known.made) {
      known.touched = Date.now()
      return known
    }
    const other = known ? undefined : opened.get(path) // two callers at once open it once
    if (other) return other
    const starting = start(root, path)
    opened.set(path, starting)
    starting.catch(() => opened.delete(path)) // this caller gets the error, the next one tries again
    const oldest = opened.keys().next().value
    if (opened.size > REMEMBERED && oldest !== undefined) opened.delete(oldest)
    return starting
  }

  /** Runs `work` in the root's directory; makes the directory again, once, if it was removed meanwhile. */
  const within = async <T>(root: Root, work: (opened: Opened) => Promise<T>): Promise<T> => {
    try {
      return await work(await open(root))
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error
      opened.delete(rootPath(dir, root))
      return work(await open(root))
    }
  }

  return {
    within,
    sync,
    /** Records durably that the root names the ref. */
    name: (root: Root, ref: string) =>
      within(root, async ({ path, refs }) => {
        if (refs.has(ref) && (await touch(path))) return
        await append(join(path, 'refs'), ref)
        refs.add(ref)
      }),
    note: (root: Root, name: string, value: unknown) => {
      encodeRecord(value) // refuses what is no JSON
      const content = encodeRecord({ name, value })
      return within(root, async ({ path }) => {
        await placeFile(join(path, 'notes', hashName(name)), content, { exclusive: false, sync: true })
        await sync(join(path, 'notes'))
      })
    },
    place: (root: Root, name: string) =>
      within(root, async ({ path }) => {
        const place = join(path, 'places', name)
        await mkdir(place, { recursive: true, mode: 0o700 })
        return place
      }),
    read: async (root: Root, name: string): Promise<unknown> =>
      (await readRecord<{ value: unknown }>(join(rootPath(dir, root), 'notes', hashName(name))))?.value,
  }
}

async function touch(path: string): Promise<boolean> {
  const now = new Date()
  return (await ifThere(utimes(join(path, 'root.json'), now, now).then(() => true))) ?? false
}

const madeAs = async (path: string) => (await readRecord<Owner>(join(path, 'root.json')))?.made

/** Made aside and renamed, so a root's directory always says whose it is. */
async function create(root: Root, path: string): Promise<void> {
  const parent = join(path, '..')
  const aside = join(parent, passingName('tmp'))
  await mkdir(aside, { recursive: true })
  await placeFile(join(aside, 'root.json'), encodeRecord({ ...root, made: randomUUID() } satisfies Owner), {
    exclusive: false,
    sync: true,
  })
  await writeFile(join(aside, 'refs'), '')
  await mkdir(join(aside, 'notes'))
  await mkdir(join(aside, 'steps'))
  await directorySync()(aside)
  try {
    await rename(aside, path)
  } catch (error) {
    await rm(aside, { recursive: true, force: true })
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error
  }
}

async function appendLines(path: string, lines: string[]): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_APPEND)
  try {
    await file.writeFile(lines.map((line) => `${line}\n`).join(''))
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Every root with its directory. Throws a StorageError of kind 'damaged' for one that does not say whose it is. */
export async function* listRoots(dir: string): AsyncGenerator<{ root: Root; path: string }> {
  for (const prefix of (await ifThere(readdir(join(dir, 'roots')))) ?? []) {
    for (const name of (await ifThere(readdir(join(dir, 'roots', prefix)))) ?? []) {
      if (name.startsWith('.')) continue
      const path = join(dir, 'roots', prefix, name)
      const owner = await readRecord<Owner>(join(path, 'root.json'))
      if (owner) yield { root: { workflowId: owner.workflowId, firstRunId: owner.firstRunId }, path }
      else if (await ifThere(readdir(path))) {
        throw new StorageError('damaged', `the directory ${path} has no root.json, so nobody knows whose it is`)
      }
    }
  }
}
