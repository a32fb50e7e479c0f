// Directories that hold what was installed are no part of a commit, and a work tree without them cannot run its tests.
// They are linked from the repository: what git ignores there, under the names package managers use, near the top.
import { lstat, readlink, symlink } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { git } from './git.js'
import { type Name, named, placeOf, split } from './names.js'

const NAMES = new Set(['node_modules', '.venv', 'venv', 'vendor'])
const MOST_LEVELS = 3

/** `repository`: the top of its work tree. Links are made where the work tree has the directory they are in. */
export async function linkDependencies(
  { repository, path }: { repository: string; path: string },
  signal?: AbortSignal,
): Promise<void> {
  const args = ['ls-files', '--others', '--ignored', '--exclude-standard', '--directory', '-z']
  const { stdout } = await git({ repository }, args, { signal })
  for (const name of split(stdout)
    .map((one) => one.replace(/\/$/, ''))
    .filter(isDependency)) {
    const parent = dirname(name)
    if (parent !== '.' && !(await isDirectory(placeOf(path, parent)))) continue
    await link(placeOf(repository, name), placeOf(path, name))
  }
}

/** A link that was made here: it is no work. */
export async function isDependencyLink(
  { repository, path }: { repository: string; path: string },
  name: Name,
): Promise<boolean> {
  if (!isDependency(name)) return false
  try {
    return (await readlink(placeOf(path, name), 'latin1')) === `${named(repository)}/${name}`
  } catch (error) {
    if (['EINVAL', 'ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}

const isDependency = (name: Name) => NAMES.has(basename(name)) && name.split('/').length <= MOST_LEVELS

async function link(target: Buffer, place: Buffer): Promise<void> {
  try {
    await symlink(target, place)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

async function isDirectory(place: Buffer): Promise<boolean> {
  try {
    return (await lstat(place)).isDirectory()
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}
