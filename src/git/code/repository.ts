// What must hold before anybody works in a repository. Everything that could surprise later, when agents have done their
// work, is refused now, in one line that says what was got and what is wanted. Nothing is changed here, but for a move of
// a branch that an earlier process of ours was killed in the middle of: it is finished first.
import { realpath, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { checkedOut } from './checked-out.js'
import { finishMoves } from './finish-moves.js'
import { git, gitText, type Place } from './git.js'
import { named, shown, split } from './names.js'
import { RepositoryError } from './repository-error.js'
import { unfinishedIn } from './unfinished.js'

export { RepositoryError } from './repository-error.js'

/** `top`: its real path. `branch`: refs/heads/… `dirty`: paths, when that is allowed. */
export type Repository = { top: string; branch: string; commit: string; dirty: string[]; warnings: string[] }

/** `base`: the name of a branch. `except`: paths that do not count as changes; usually our own data directory. */
type Opening = { directory: string; base?: string; allowDirty?: boolean; except?: string[] }

const OLDEST = [2, 38] as const
const MOST_NAMED = 5

/** @throws RepositoryError */
export async function openRepository(at: Opening, signal?: AbortSignal): Promise<Repository> {
  const top = await topOf(at.directory, signal)
  await finishMoves({ repository: top }, signal)
  const place = { repository: top }
  const branch = await branchOf(place, at.base, signal)
  const commit = await commitOf(place, branch, signal)
  await mustBeIdle(place, signal)
  await mustHaveNoSubmodules(place, commit, signal)
  const trees = await checkedOut(top, branch, signal)
  const dirty: string[] = []
  for (const tree of trees)
    dirty.push(...(await dirtyFiles(tree.path, at.except ?? [join(tree.path, '.ensemble')], signal)))
  if (dirty.length > 0 && !at.allowDirty)
    throw new RepositoryError(
      `${top} has changes that are not committed (${some(dirty)}): wanted a clean work tree, or --allow-dirty`,
    )
  return {
    top,
    branch,
    commit,
    dirty,
    warnings: await filterWarning(place, commit, signal),
  }
}

async function topOf(directory: string, signal?: AbortSignal): Promise<string> {
  const found = await stat(directory).catch((error: NodeJS.ErrnoException) => error)
  if (found instanceof Error) {
    const why =
      found.code === 'ENOENT' || found.code === 'ENOTDIR' ? 'does not exist' : `cannot be read (${found.code})`
    throw new RepositoryError(`${directory} ${why}: wanted a directory with a git repository`)
  }
  if (!found.isDirectory()) throw new RepositoryError(`${directory} is no directory: wanted one with a git repository`)
  const place = { repository: directory }
  await mustBeNewEnough(place, signal)
  const inside = await git(place, ['rev-parse', '--is-inside-work-tree'], { signal, ok: [0, 128] })
  if (inside.code !== 0) throw new RepositoryError(await whyNone(place, signal))
  if (inside.stdout.trim() !== 'true')
    throw new RepositoryError(`${directory} is a bare repository or inside of .git: wanted one with a work tree`)
  return realpath(await gitText(place, ['rev-parse', '--show-toplevel'], { signal }))
}

async function mustBeNewEnough(place: Place, signal?: AbortSignal): Promise<void> {
  const version = await gitText(place, ['--version'], { signal }).catch((error: unknown) => {
    throw error instanceof Error && error.message.startsWith('git was not found')
      ? new RepositoryError(error.message)
      : error
  })
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(version) ?? []
  const newEnough = Number(major) > OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) >= OLDEST[1])
  if (!newEnough) throw new RepositoryError(`${version} is too old: wanted git ${OLDEST.join('.')} or newer`)
}

/** What git says itself, when it is something else than that there is none. */
async function whyNone(place: Place, signal?: AbortSignal): Promise<string> {
  const none = `${place.repository} is not in a git repository: wanted one ("git init" and a first commit make one)`
  try {
    await git(place, ['rev-parse', '--git-dir'], { signal })
    return none
  } catch (error) {
    if (!(error instanceof RepositoryError)) throw error
    return error.message.includes('not a git repository') ? none : error.message
  }
}

async function branchOf(place: Place, base: string | undefined, signal?: AbortSignal): Promise<string> {
  if (base !== undefined) {
    const branch = base.startsWith('refs/heads/') ? base : `refs/heads/${base}`
    const { code } = await git(place, ['show-ref', '--verify', '--quiet', '--', branch], { signal, ok: [0, 1, 128] })
    if (code !== 0)
      throw new RepositoryError(`${place.repository} has no branch ${JSON.stringify(base)}: wanted one it has`)
    return branch
  }
  const { code, stdout } = await git(place, ['symbolic-ref', '--quiet', 'HEAD'], { signal, ok: [0, 1] })
  if (code !== 0)
    throw new RepositoryError(
      `${place.repository} is on no branch (detached HEAD): wanted a branch, or the name of one`,
    )
  return shown(stdout).trim()
}

async function commitOf(place: Place, branch: string, signal?: AbortSignal): Promise<string> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${branch}^{commit}`]
  const { code, stdout } = await git(place, args, { signal, ok: [0, 1, 128] })
  if (code !== 0) throw new RepositoryError(`${place.repository} has no commit yet: wanted at least one on ${branch}`)
  return stdout.trim()
}

async function mustBeIdle(place: Place, signal?: AbortSignal): Promise<void> {
  const what = await unfinishedIn(await gitText(place, ['rev-parse', '--absolute-git-dir'], { signal }))
  if (what !== undefined)
    throw new RepositoryError(`${place.repository} is in the middle of ${what}: wanted it finished or aborted first`)
  const { stdout } = await git(place, ['ls-files', '--unmerged', '-z'], { signal })
  const files = [...new Set(split(stdout).map((line) => shown(line.slice(line.indexOf('\t') + 1))))]
  if (files.length > 0)
    throw new RepositoryError(`${place.repository} has unmerged files (${some(files)}): wanted them resolved first`)
}

async function mustHaveNoSubmodules(place: Place, commit: string, signal?: AbortSignal): Promise<void> {
  const { stdout } = await git(place, ['ls-tree', '-r', '-z', '--full-tree', commit], { signal })
  const names = split(stdout).flatMap((line) =>
    line.startsWith('160000 ') ? [shown(line.slice(line.indexOf('\t') + 1))] : [],
  )
  if (names.length > 0)
    throw new RepositoryError(`${place.repository} has submodules (${some(names)}): wanted a repository without`)
}

async function dirtyFiles(path: string, except: string[], signal?: AbortSignal): Promise<string[]> {
  const args = ['status', '--porcelain=v1', '-z', '--no-renames', '--untracked-files=all', '--ignore-submodules=none']
  const names = split((await git({ repository: path }, args, { signal })).stdout).map((line) => line.slice(3))
  const own = except.map((one) => named(relative(path, one)))
  return names.filter((name) => !own.some((one) => name === one || name.startsWith(`${one}/`))).map(shown)
}

/** Filters are programs: none runs for an agent. */
async function filterWarning(place: Place, commit: string, signal?: AbortSignal): Promise<string[]> {
  const args = ['grep', '-h', '-o', '-E', 'filter=[^[:space:]]+', commit, '--', ':(top,glob)**/.gitattributes']
  const { stdout } = await git(place, args, { signal, ok: [0, 1] })
  const filters = [
    ...new Set(
      stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => shown(line.replace('filter=', ''))),
    ),
  ]
  return filters.length === 0
    ? []
    : [`files kept by the filter ${filters.join(', ')} are seen by agents as git stores them`]
}

const some = (names: string[]) => {
  const first = names
    .slice(0, MOST_NAMED)
    .map((name) => (/[^\x20-\x7e\u00a0-\uffff]/.test(name) ? JSON.stringify(name) : name))
  return names.length > MOST_NAMED ? `${first.join(', ')} and ${names.length - MOST_NAMED} more` : first.join(', ')
}
