// Files opened from a directory that is held open instead of by their whole path. On Linux `/proc/self/fd/N/name` does
// what openat does: each step starts where the last one arrived and follows no link, so whatever is swapped on the way,
// the walk never leaves the workspace. Elsewhere there is no such path: the resolved one is used, and links are not
// followed at its end.
import { constants, type Stats } from 'node:fs'
import { type FileHandle, lstat, mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { ToolRefusal } from '../refusal.js'
import { type Place, show } from '../workspace.js'

/** Held open until `close`. */
export type Directory = { handle: FileHandle; path: string }

const NO_LINK = constants.O_NOFOLLOW ?? 0
const ONLY_DIRECTORY = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | NO_LINK

/** The path of an entry, for as long as the directory is held. */
export function entry({ handle, path }: Directory, name: string): string {
  return process.platform === 'linux' ? `/proc/self/fd/${handle.fd}/${name}` : join(path, name)
}

/** The directory `parts` lead to. `make`: what is missing is made. The caller closes it. */
export async function openDirectory(root: string, parts: string[], make = false): Promise<Directory> {
  let directory: Directory = { handle: await open(root, ONLY_DIRECTORY), path: root }
  try {
    for (const part of parts) {
      const path = entry(directory, part)
      if (make) await mkdir(path).catch(existing)
      const handle = await open(path, ONLY_DIRECTORY)
      await directory.handle.close()
      directory = { handle, path: join(directory.path, part) }
    }
    return directory
  } catch (error) {
    await directory.handle.close()
    throw error
  }
}

/** Gives `work` the directory a file is in, and the file's name. */
export async function inDirectoryOf<T>(
  { root, parts, shown }: Place,
  { make }: { make: boolean },
  work: (directory: Directory, name: string) => Promise<T>,
): Promise<T> {
  const name = parts.at(-1)
  if (name === undefined) throw new ToolRefusal(`${show(shown)} is a directory`)
  const directory = await openDirectory(root, parts.slice(0, -1), make)
  try {
    return await work(directory, name)
  } finally {
    await directory.handle.close()
  }
}

/** A regular file, opened for reading; a pipe is not waited for, a device not touched. The caller closes it. */
export async function openRegular(directory: Directory, name: string, shown: string): Promise<FileHandle> {
  const path = entry(directory, name)
  refuseOther(await lstat(path), shown)
  const handle = await open(path, constants.O_RDONLY | NO_LINK | (constants.O_NONBLOCK ?? 0))
  try {
    refuseOther(await handle.stat(), shown)
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

export function refuseOther(stat: Stats, shown: string): void {
  if (stat.isFile()) return
  const what = stat.isDirectory()
    ? 'is a directory'
    : stat.isSymbolicLink()
      ? 'is a symbolic link'
      : 'is no regular file'
  throw new ToolRefusal(`${show(shown)} ${what}`)
}

function existing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
