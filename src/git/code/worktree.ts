// A work tree for one agent. It is made under another name and appears under its own in one rename, so whatever is there
// is complete; one lock for each path keeps two from making it at once. Files are written as their blobs are, without
// filters or line endings of anybody's settings, and the repository's own record of it is found from the repository's
// side: what an agent does to the `.git` file in its tree leads nowhere.
import { randomUUID } from 'node:crypto'
import { lstat, mkdir, readdir, readFile, realpath, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { linkDependencies } from './dependencies.js'
import { git, gitText, mustBeId } from './git.js'
import { takeLock } from './lock.js'
import { withObjects } from './objects.js'
import { onDisk, RepositoryError } from './repository-error.js'

type Place = { repository: string; path: string; patienceMs?: number }

/** Removing what a dead process's git still writes into. */
const GONE = { recursive: true, force: true, maxRetries: 5, retryDelay: 100 } as const

/**
 * A work tree at `commit`, on no branch, with links to what is installed in the repository. One that is there is left as
 * it is, edits included.
 * @throws RepositoryError also when something else is at `path`, or a lock stays
 */
export async function addWorktree(at: Place & { commit: string }, signal?: AbortSignal): Promise<void> {
  mustBeId(at.commit)
  return alone(at, signal, async (place) => {
    if (await isComplete(place)) return
    await removeAll(place)
    await mustBeFree(place.path)
    try {
      await make({ ...place, repository: at.repository, commit: at.commit, patienceMs: at.patienceMs }, signal)
    } catch (error) {
      await removeAll(place)
      throw error
    }
  })
}

async function make(place: Known & Place & { commit: string }, signal?: AbortSignal): Promise<void> {
  const { repository, path, commit, patienceMs } = place
  const making = join(dirname(path), unfinishedName(path))
  const add = ['worktree', 'add', '--detach', '--no-checkout', '--lock', '--reason', 'ensemble', '--', making, commit]
  await git({ repository }, add, { signal, patienceMs })
  const [record] = await recordsOf({ ...place, path: making })
  if (!record) throw new RepositoryError(`${path}: the work tree just made is gone`)
  await fill({ repository, path: making, commit, record }, signal)
  await linkDependencies({ repository, path: making }, signal)
  await writeFile(join(record, 'gitdir'), `${join(path, '.git')}\n`)
  await rename(making, path)
}

/** Also what is left of one that was half made or half removed; safe to repeat. */
export function removeWorktree(at: Place): Promise<void> {
  return alone(at, undefined, removeAll)
}

/** All in a directory that holds nothing else, half made ones too. */
export async function removeWorktrees(at: { repository: string; directory: string }): Promise<void> {
  const common = await gitText(at, ['rev-parse', '--path-format=absolute', '--git-common-dir'])
  const directory = await there(realpath(at.directory), at.directory)
  const recorded = (await recordsIn(common)).flatMap(({ tree }) =>
    dirname(tree) === directory ? [basename(tree)] : [],
  )
  const present = await there(readdir(directory), [])
  // What a half made one will be called, and what a lock is for.
  const names = [...present, ...recorded].map((name) => /^\.(.+)\.(?:[0-9a-f]{8}|lock.*)$/.exec(name)?.[1] ?? name)
  for (const name of new Set(names)) await removeWorktree({ repository: at.repository, path: join(directory, name) })
}

type Known = { path: string; common: string }

function alone(at: Place, signal: AbortSignal | undefined, work: (place: Known) => Promise<void>): Promise<void> {
  return onDisk(async () => {
    const common = await gitText(at, ['rev-parse', '--path-format=absolute', '--git-common-dir'], { signal })
    const above = dirname(resolve(at.path))
    await mkdir(above, { recursive: true })
    const path = join(await realpath(above), basename(at.path))
    const file = join(dirname(path), `.${basename(path)}.lock`)
    const lock = await takeLock({ file, note: { at: path }, patienceMs: at.patienceMs }, signal)
    try {
      await work({ path, common })
    } finally {
      await lock.release()
    }
  })
}

const isComplete = async (place: Known) =>
  (await recordsOf(place)).length > 0 && (await kindOf(place.path)) === 'directory'

/** Its record goes last, so that nothing without one is ever left; a tree being removed has its name no more. */
async function removeAll({ path, common }: Known): Promise<void> {
  const above = dirname(path)
  if ((await recordsOf({ path, common })).length > 0 && (await kindOf(path)) === 'directory')
    await rename(path, join(above, unfinishedName(path)))
  for (const name of await readdir(above)) if (isUnfinishedName(name, path)) await rm(join(above, name), GONE)
  for (const { record, tree } of await recordsIn(common)) {
    const unfinished = dirname(tree) === above && isUnfinishedName(basename(tree), path)
    if (tree === path || unfinished) await rm(record, GONE)
  }
}

const unfinishedName = (path: string) => `.${basename(path)}.${randomUUID().slice(0, 8)}`
const isUnfinishedName = (name: string, path: string) =>
  name.startsWith(`.${basename(path)}.`) && /^\.[0-9a-f]{8}$/.test(name.slice(basename(path).length + 1))

const recordsOf = async ({ path, common }: Known) =>
  (await recordsIn(common)).flatMap(({ record, tree }) => (tree === path ? [record] : []))

/** git's own records of work trees. One whose `gitdir` is not written yet is left to git. */
async function recordsIn(common: string): Promise<{ record: string; tree: string }[]> {
  const all = join(common, 'worktrees')
  const found: { record: string; tree: string }[] = []
  for (const name of await there(readdir(all), [])) {
    const gitFile = (await there(readFile(join(all, name, 'gitdir'), 'utf8'), '')).replace(/\r?\n$/, '')
    if (basename(gitFile) === '.git') found.push({ record: join(all, name), tree: dirname(gitFile) })
  }
  return found
}

/** All files of the commit, as their blobs are. */
async function fill(
  { repository, path, commit, record }: Place & { commit: string; record: string },
  signal?: AbortSignal,
): Promise<void> {
  await withObjects({ repository, workTree: path, signal }, async (objects) => {
    const variables = { ...objects.variables, GIT_INDEX_FILE: join(record, 'index') }
    await git({ ...objects, variables }, ['read-tree', '--reset', '-u', commit], { signal })
  })
}

async function mustBeFree(path: string): Promise<void> {
  const kind = await kindOf(path)
  if (kind === 'none') return
  if (kind === 'directory' && (await readdir(path)).length === 0) return rmdir(path)
  throw new RepositoryError(`${path} exists and is no work tree of this repository: wanted a free place`)
}

async function kindOf(path: string): Promise<'directory' | 'other' | 'none'> {
  const stat = await there(lstat(path), undefined)
  return stat === undefined ? 'none' : stat.isDirectory() ? 'directory' : 'other'
}

async function there<Value, Else>(reading: Promise<Value>, otherwise: Else): Promise<Value | Else> {
  try {
    return await reading
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return otherwise
    throw error
  }
}
