// After a command: what it changed, made or deleted and may not is as it was. New files go first, because what was there
// may be needed in their place; then what was copied comes back from the copies, and the rest from git.
import type { Stats } from 'node:fs'
import { chmod, copyFile, mkdir, readFile, readlink, rename, rm, rmdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { git } from '../code/git.js'
import { listed, type Name, parentsOf, placeOf, shown } from '../code/names.js'
import { lstatOf } from '../code/staging.js'
import { type Before, copies, readBefore, type State } from './before.js'
import { differences, indexOf, isIgnored, type Watched } from './watched.js'

/** What is put back may bring to light what it hid: a list of what git ignores. */
const MOST_ROUNDS = 5

/** Safe to repeat. @returns the names, for people; none when no state was taken */
export async function putBack(watched: Watched): Promise<string[]> {
  const before = await readBefore(watched)
  if (!before) return []
  const names = new Set<Name>()
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const change = await changeSince(watched, before)
    const all = [...change.made, ...change.copied, ...change.committed]
    if (all.length === 0) break
    for (const name of change.made) await remove(watched.workspace, name)
    await removeRepositories(watched.workspace, change.made, before)
    for (const name of change.copied) await restore(watched, name, before.known.get(name) ?? { kind: 'absent' })
    await checkOut(watched, change.committed)
    for (const name of all) names.add(name)
  }
  return [...names].map(shown).sort()
}

type Change = { made: Name[]; copied: Name[]; committed: Name[] }

async function changeSince(watched: Watched, { known, ignored }: Before): Promise<Change> {
  const now = await differences(watched)
  const isNew = ({ name, other }: { name: Name; other: boolean }) => other && !isIgnored(ignored, name)
  const rest = now.filter(({ name }) => !known.has(name))
  const copied: Name[] = []
  for (const [name, state] of known) if (!(await isAs(watched, name, state))) copied.push(name)
  return {
    made: rest.filter(isNew).map(({ name }) => name),
    copied,
    committed: rest.filter(({ other }) => !other).map(({ name }) => name),
  }
}

async function isAs(watched: Watched, name: Name, state: State): Promise<boolean> {
  const path = placeOf(watched.workspace, name)
  const found = (await isBehindLink(watched.workspace, name)) ? undefined : await lstatOf(path)
  switch (state.kind) {
    case 'absent':
      return !found
    case 'other':
      return found !== undefined && !found.isFile() && !found.isSymbolicLink()
    case 'link':
      return found?.isSymbolicLink() === true && (await readlink(path, 'latin1')) === state.target
    case 'file':
      return isSameFile(found, state.mode) && (await readFile(path)).equals(await readFile(copyOf(watched, state.copy)))
    default:
      return state satisfies never
  }
}

const isSameFile = (found: Stats | undefined, mode: number) =>
  found?.isFile() === true && (found.mode & 0o7777) === mode
const copyOf = (watched: Watched, copy: string) => join(copies(watched), copy)

async function restore(watched: Watched, name: Name, state: State): Promise<void> {
  const { workspace } = watched
  await remove(workspace, name)
  // What was a pipe or a device cannot come back.
  if (state.kind === 'absent' || state.kind === 'other') return
  await makeRoom(workspace, name)
  const path = placeOf(workspace, name)
  if (state.kind === 'link') return symlink(Buffer.from(state.target, 'latin1'), path)
  const fresh = Buffer.concat([path, Buffer.from('.ensemble-put-back')])
  await rm(fresh, { force: true })
  await copyFile(copyOf(watched, state.copy), fresh)
  await chmod(fresh, state.mode)
  await rename(fresh, path)
}

/** As git would check them out; what says how, first. */
async function checkOut(watched: Watched, names: Name[]): Promise<void> {
  const { workspace } = watched
  for (const name of names) await makeRoom(workspace, name)
  const isAttributes = (name: Name) => /(^|\/)\.gitattributes$/.test(name)
  for (const some of [names.filter(isAttributes), names.filter((name) => !isAttributes(name))]) {
    if (some.length === 0) continue
    const at = { repository: workspace, variables: { GIT_INDEX_FILE: indexOf(watched) } }
    await git(at, ['checkout-index', '--force', '--index', '-z', '--stdin'], { input: listed(some) })
  }
}

/** Its directories are directories, and in its own place there is none. */
async function makeRoom(workspace: string, name: Name): Promise<void> {
  for (const parent of [...parentsOf(name)].reverse()) {
    const path = placeOf(workspace, parent)
    const found = await lstatOf(path)
    if (found?.isDirectory()) continue
    if (found) await rm(path)
    await mkdir(path)
  }
  const path = placeOf(workspace, name)
  if ((await lstatOf(path))?.isDirectory()) await rm(path, { recursive: true })
}

/** With the directories that have nothing else in them. Behind a link there is nothing of this work tree. */
async function remove(workspace: string, name: Name): Promise<void> {
  if (await isBehindLink(workspace, name)) return
  const path = placeOf(workspace, name)
  if ((await lstatOf(path))?.isDirectory()) return
  await rm(path, { force: true })
  for (const parent of parentsOf(name)) {
    const isEmpty = await rmdir(placeOf(workspace, parent)).then(() => true, inUse)
    if (!isEmpty) return
  }
}

/** One that was made within the work tree has directories without a file in them, too. */
async function removeRepositories(workspace: string, made: Name[], { known }: Before): Promise<void> {
  const all = new Set(made.flatMap((name) => /^(?:.*?\/)?\.git(?=\/)/.exec(name) ?? []))
  for (const repository of all) {
    if ([...known.keys()].some((name) => name.startsWith(`${repository}/`))) continue
    if (await isBehindLink(workspace, repository)) continue
    await rm(placeOf(workspace, repository), { recursive: true, force: true })
    await remove(workspace, repository)
  }
}

async function isBehindLink(workspace: string, name: Name): Promise<boolean> {
  for (const parent of parentsOf(name)) if ((await lstatOf(placeOf(workspace, parent)))?.isSymbolicLink()) return true
  return false
}

function inUse(error: NodeJS.ErrnoException): boolean {
  if (error.code === 'ENOENT') return true
  if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'EBUSY'].includes(error.code ?? '')) return false
  throw error
}
