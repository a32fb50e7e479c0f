// A work tree follows its branch: each file that is the old one becomes the new one by a rename, and what is somebody's
// own is never touched. Everything is looked at before anything is written, and looked at again before each file.

import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import { access, constants, copyFile, mkdir, readdir, readlink, rename, rm, rmdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { git } from './git.js'
import { type Name, parentsOf, placeOf, split } from './names.js'
import { isSame, lstatOf, type Staging } from './staging.js'
import type { TreeChange } from './trees.js'

/** `waiting`: old files, with what they looked like. `other`: somebody's own. `inTheWay`: no change of this move's. */
export type LookedAt = {
  waiting: Waiting[]
  other: Name[]
  inTheWay: Name[]
  readOnly: Name[]
}
type Waiting = { change: TreeChange; seen: Stats | undefined }
type Move = { path: string; staging: Staging; changes: TreeChange[] }

export async function lookAtFiles({ path, staging, changes }: Move, signal?: AbortSignal): Promise<LookedAt> {
  const going = new Set(changes.flatMap(({ name, after }) => (after ? [] : [name])))
  const found = {
    waiting: [] as Waiting[],
    other: [] as TreeChange[],
    inTheWay: new Set<Name>(),
    readOnly: new Set<Name>(),
  }
  for (const change of changes) {
    signal?.throwIfAborted()
    const { name } = change
    const parents = await aroundOf(path, name)
    const hidden = parents.blocking !== undefined
    if (hidden && change.after && !going.has(parents.blocking!)) found.inTheWay.add(parents.blocking!)
    const seen = hidden ? undefined : await lstatOf(placeOf(path, name))
    if (seen?.isDirectory() && change.after)
      for (const one of await othersIn(path, name, going)) found.inTheWay.add(one)
    const state = await stateOf({ path, staging }, change, seen)
    if (state === 'other') found.other.push(change)
    if (state === 'old') found.waiting.push({ change, seen })
    if (state === 'old' && !(await isWritable(parents.nearest))) found.readOnly.add(name)
  }
  const alike = await sameToGit({ path, staging, changes: found.other }, signal)
  for (const change of alike) found.waiting.push({ change, seen: await lstatOf(placeOf(path, change.name)) })
  const other = found.other.filter((change) => !alike.includes(change)).map(({ name }) => name)
  return { waiting: found.waiting, other, inTheWay: [...found.inTheWay], readOnly: [...found.readOnly] }
}

/** What goes first: a file may become a directory, and a directory a file. */
export async function placeFiles({ path, staging, changes }: Move, { waiting }: LookedAt): Promise<void> {
  for (const { change, seen } of waiting)
    if (!change.after && seen && (await isAsSeen(path, change.name, seen)))
      await rm(placeOf(path, change.name), { force: true })
  for (const { name, after } of changes) if (!after) await removeEmptyParents(path, name)
  for (const { change, seen } of waiting) if (change.after) await placeFile({ path, staging }, change.name, seen)
}

/** A directory where a file is wanted is no file; what is in it is looked at by itself. */
async function stateOf(
  { path, staging }: Omit<Move, 'changes'>,
  { name, before, after }: TreeChange,
  seen: Stats | undefined,
): Promise<'old' | 'new' | 'other'> {
  const isThere = seen !== undefined && !seen.isDirectory()
  const isThat = (tree: string) => isSame(name, path, tree, staging.modes)
  if (!isThere) return after === undefined ? 'new' : before === undefined ? 'old' : 'other'
  if (after && (await isThat(staging.after))) return 'new'
  return before && (await isThat(staging.before)) ? 'old' : 'other'
}

/** The nearest directory above a file, and what is no directory on the way to it. */
async function aroundOf(path: string, name: Name): Promise<{ nearest: Buffer; blocking?: Name }> {
  for (const parent of [...parentsOf(name)].reverse()) {
    const place = placeOf(path, parent)
    const stat = await lstatOf(place)
    if (stat && !stat.isDirectory()) return { nearest: aboveOf(path, parent), blocking: parent }
    if (!stat) return { nearest: aboveOf(path, parent) }
  }
  return { nearest: aboveOf(path, name) }
}

const aboveOf = (path: string, name: Name) =>
  name.includes('/') ? placeOf(path, name.slice(0, name.lastIndexOf('/'))) : Buffer.from(path)

/** Files below a directory that will not go by themselves. */
async function othersIn(path: string, directory: Name, going: Set<Name>): Promise<Name[]> {
  const found: Name[] = []
  for (const entry of await readdir(placeOf(path, directory), { encoding: 'latin1' })) {
    const name = `${directory}/${entry}`
    if ((await lstatOf(placeOf(path, name)))?.isDirectory()) found.push(...(await othersIn(path, name, going)))
    else if (!going.has(name)) found.push(name)
  }
  return found
}

async function isWritable(directory: Buffer): Promise<boolean> {
  try {
    await access(directory, constants.W_OK | constants.X_OK)
    return true
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}

/** A file may have other bytes than git would write and be unchanged to git all the same: line endings. */
async function sameToGit({ staging, changes }: Move, signal?: AbortSignal): Promise<TreeChange[]> {
  const asked = changes.filter(({ before }) => before)
  if (asked.length === 0) return []
  const index = join(staging.directory, 'asked.index')
  await rm(index, { force: true })
  const place = { ...staging.git, variables: { ...staging.git.variables, GIT_INDEX_FILE: index } }
  const entries = asked.map(({ name, before }) => `${before!.mode} ${before!.id}\t${name}\0`).join('')
  await git(place, ['update-index', '-z', '--index-info'], { signal, input: Buffer.from(entries, 'latin1') })
  await git(place, ['update-index', '-q', '--refresh'], { signal, ok: [0, 1] })
  const changed = new Set(split((await git(place, ['diff-files', '--name-only', '-z'], { signal })).stdout))
  return asked.filter(({ name }) => !changed.has(name))
}

/** Somebody may have been quicker: what they made stays. */
async function isAsSeen(path: string, name: Name, seen: Stats | undefined): Promise<boolean> {
  const now = await lstatOf(placeOf(path, name))
  if (!now || !seen) return !now && !seen
  return now.ino === seen.ino && now.mtimeMs === seen.mtimeMs && now.size === seen.size && now.mode === seen.mode
}

/** Also where an earlier process removed the file and got no further. */
async function removeEmptyParents(path: string, name: Name): Promise<void> {
  if ((await aroundOf(path, name)).blocking !== undefined) return
  for (const parent of parentsOf(name)) if (!(await removeIfEmpty(placeOf(path, parent)))) return
}

async function placeFile({ path, staging }: Omit<Move, 'changes'>, name: Name, seen: Stats | undefined): Promise<void> {
  const place = placeOf(path, name)
  if (seen?.isDirectory()) await removeEmptyDirectories(path, name)
  else if (!(await isAsSeen(path, name, seen))) return
  const above = aboveOf(path, name)
  await mkdir(above, { recursive: true })
  const staged = placeOf(staging.after, name)
  try {
    await rename(staged, place)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
    const near = Buffer.concat([
      above,
      Buffer.from(`/.ensemble-${createHash('sha256').update(staged).digest('hex').slice(0, 16)}`),
    ])
    await rm(near, { force: true })
    if ((await lstatOf(staged))?.isSymbolicLink()) await symlink(await readlink(staged, 'buffer'), near)
    else await copyFile(staged, near)
    await rename(near, place)
  }
}

async function removeEmptyDirectories(path: string, name: Name): Promise<void> {
  const place = placeOf(path, name)
  if (!(await lstatOf(place))?.isDirectory()) return
  for (const entry of await readdir(place, { encoding: 'latin1' }))
    await removeEmptyDirectories(path, `${name}/${entry}`)
  await removeIfEmpty(place)
}

/** Whether it is gone. */
async function removeIfEmpty(directory: Buffer): Promise<boolean> {
  try {
    await rmdir(directory)
    return true
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'EBUSY'].includes(code)) throw error
    return code === 'ENOENT'
  }
}
