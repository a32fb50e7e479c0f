// Removes what no kept run names, while others go on writing. A put records its ref, then makes the blob young, then
// looks whether it is still there; the collector reads the refs, sets an old blob aside, and looks at its age once more
// before it removes it. Whichever comes first, one of the two sees the other.
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ASIDE } from './blobs.js'
import { passingName } from './durable-file.js'
import { listRoots, type Root } from './root-directory.js'
import { ifThere } from './storage-error.js'

export type CollectOptions = {
  /** What was touched in the last so many milliseconds stays; default one hour. */
  graceMs?: number
  /** Counts only. */
  dryRun?: boolean
}

/** How many were removed (or would be); `bytes` are those of the blobs. */
export type Collected = { roots: number; blobs: number; bytes: number }

const HOUR_MS = 3_600_000
const TICK_MS = 10 // file times come from a clock that may lag by one kernel tick

type Plan = { dir: string; youngFrom: number; dryRun: boolean }

export async function collect(
  dir: string,
  keep: (root: Root) => boolean | Promise<boolean>,
  { graceMs = HOUR_MS, dryRun = false }: CollectOptions = {},
): Promise<Collected> {
  if (!(graceMs >= 0)) throw new RangeError(`graceMs must be 0 or more milliseconds: got ${graceMs}`)
  const plan = { dir, youngFrom: Date.now() - graceMs - TICK_MS, dryRun }
  const named = new Set<string>()
  let roots = 0
  for await (const { root, path } of listRoots(dir)) {
    const stays =
      (await isYoung(plan, join(path, 'root.json'))) || (await keep(root)) || !(await removeRoot(plan, path))
    if (stays) await addNames(named, path)
    else roots += 1
  }
  const removed = await removeBlobs(plan, named)
  if (!dryRun) await removeLeavings(dir)
  return { roots, ...removed }
}

/** True also for what is gone: somebody else is at work there. */
async function isYoung(plan: Plan, path: string): Promise<boolean> {
  const found = await ifThere(stat(path))
  return found === undefined || found.mtimeMs >= plan.youngFrom
}

async function addNames(named: Set<string>, path: string): Promise<void> {
  const lines = (await ifThere(readFile(join(path, 'refs'), 'utf8'))) ?? ''
  // A crash may leave half a line, with the next one right behind it.
  for (const [, hash] of lines.matchAll(/sha256:([0-9a-f]{64})\n/g)) named.add(hash!)
}

/** False if somebody came back to the root at the last moment. */
async function removeRoot(plan: Plan, path: string): Promise<boolean> {
  if (plan.dryRun) return true
  const aside = join(path, '..', passingName('tmp'))
  await rename(path, aside)
  if (await isYoung(plan, join(aside, 'root.json'))) {
    await rename(aside, path)
    return false
  }
  await rm(aside, { recursive: true, force: true })
  return true
}

async function removeBlobs(plan: Plan, named: Set<string>): Promise<{ blobs: number; bytes: number }> {
  const removed = { blobs: 0, bytes: 0 }
  const top = join(plan.dir, 'blobs')
  for (const prefix of (await ifThere(readdir(top))) ?? []) {
    for (const name of (await ifThere(readdir(join(top, prefix)))) ?? []) {
      if (name.startsWith('.')) continue
      const rest = name.endsWith(ASIDE) ? name.slice(0, -ASIDE.length) : name
      const path = join(top, prefix, rest)
      if (name !== rest && !plan.dryRun) await putBack(path) // a collector died here
      if (named.has(prefix + rest)) continue
      const size = await removeBlob(plan, path)
      if (size === undefined) continue
      removed.blobs += 1
      removed.bytes += size
    }
  }
  return removed
}

async function removeBlob(plan: Plan, path: string): Promise<number | undefined> {
  const found = await ifThere(stat(path))
  if (!found || found.mtimeMs >= plan.youngFrom) return undefined
  if (plan.dryRun) return found.size
  if ((await ifThere(rename(path, path + ASIDE).then(() => true))) === undefined) return undefined
  if (await isYoung(plan, path + ASIDE)) {
    await putBack(path)
    return undefined
  }
  await rm(path + ASIDE, { force: true })
  return found.size
}

/** Replaces what was put there meanwhile, which is the same content. */
const putBack = (path: string) => ifThere(rename(path + ASIDE, path))

/** Passing files of writers that died, and the leases of workers long gone. */
async function removeLeavings(dir: string): Promise<void> {
  const old = Date.now() - 24 * HOUR_MS
  const removeOld = async (folder: string, match: (name: string) => boolean, clock = (path: string) => path) => {
    for (const name of (await ifThere(readdir(folder))) ?? []) {
      if (!match(name)) continue
      const path = join(folder, name)
      const found = await ifThere(stat(clock(path)))
      if (found && found.mtimeMs < old) await rm(path, { recursive: true, force: true })
    }
  }
  for (const top of ['blobs', 'roots']) {
    for (const prefix of (await ifThere(readdir(join(dir, top)))) ?? []) {
      await removeOld(join(dir, top, prefix), (name) => name.startsWith('.'))
    }
  }
  await removeOld(
    join(dir, 'workers'),
    () => true,
    (path) => join(path, 'lease'),
  )
}
