// The files of a move as they were and as they will be, both written out by git beside its index with the line endings of
// the user's settings, before anything moves: a disk that is full is full now, and "is this file the old one, the new one
// or somebody's?" is a comparison of bytes. Filters are programs and do not run.
import { type FileHandle, lstat, mkdir, open, readdir, readlink, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { git, type Place } from './git.js'
import { listed, type Name, placeOf } from './names.js'
import type { TreeChange } from './trees.js'

/** `git`: in the user's settings without their filters. `modes`: whether the file system keeps them. */
export type Staging = { directory: string; before: string; after: string; git: Place; modes: boolean }

const PREFIX = 'ensemble-move-'
const CHUNK_BYTES = 1 << 20

/** Whoever holds the lock of the index may. What an earlier process left is removed. */
export async function stageFiles(
  { path, gitDirectory }: { path: string; gitDirectory: string },
  { from, to, changes }: { from: string; to: string; changes: TreeChange[] },
  signal?: AbortSignal,
): Promise<Staging> {
  await removeStaging(gitDirectory)
  const directory = join(gitDirectory, `${PREFIX}${to}`)
  const staging = { directory, before: join(directory, 'before'), after: join(directory, 'after') }
  await mkdir(directory)
  const { variables, modes } = await withoutFilters(path, signal)
  const write = async (tree: string, commit: string, names: Name[]) => {
    await mkdir(tree)
    // Attributes are read from the index: there is no other file in this work tree.
    const own = { GIT_DIR: gitDirectory, GIT_WORK_TREE: tree, GIT_INDEX_FILE: `${tree}.index` }
    const place = { repository: tree, variables: { ...variables, ...own } }
    await git(place, ['read-tree', commit], { signal })
    await git(place, ['checkout-index', '--force', '-z', '--stdin'], { signal, input: listed(names) })
  }
  await write(
    staging.before,
    from,
    changes.flatMap(({ name, before }) => (before ? [name] : [])),
  )
  await write(
    staging.after,
    to,
    changes.flatMap(({ name, after }) => (after ? [name] : [])),
  )
  const own = { GIT_DIR: gitDirectory, GIT_WORK_TREE: path }
  return { ...staging, modes, git: { repository: path, variables: { ...variables, ...own } } }
}

export async function removeStaging(gitDirectory: string): Promise<void> {
  for (const name of await readdir(gitDirectory))
    if (name.startsWith(PREFIX)) await rm(join(gitDirectory, name), { recursive: true, force: true })
}

async function withoutFilters(path: string, signal?: AbortSignal) {
  const wanted = '^(filter\\..*\\.(clean|smudge|process|required)|core\\.filemode)$'
  const { stdout } = await git({ repository: path }, ['config', '-z', '--get-regexp', wanted], { signal, ok: [0, 1] })
  const entries = stdout.split('\0').map((entry) => entry.split('\n'))
  const filters = entries.flatMap(([name = '']) => (name.startsWith('filter.') ? [name] : []))
  const variables: Record<string, string> = { GIT_CONFIG_COUNT: String(filters.length) }
  for (const [index, name] of filters.entries()) {
    variables[`GIT_CONFIG_KEY_${index}`] = Buffer.from(name, 'latin1').toString()
    variables[`GIT_CONFIG_VALUE_${index}`] = name.endsWith('.required') ? 'false' : ''
  }
  const modes = !entries.some(
    ([name, value]) => name === 'core.filemode' && ['false', 'no', 'off', '0'].includes(value ?? ''),
  )
  return { variables, modes }
}

/** Whether a file is in two directories with the same bytes, or in neither. */
export async function isSame(name: Name, one: string, other: string, modes: boolean): Promise<boolean> {
  const [a, b] = [placeOf(one, name), placeOf(other, name)]
  const [left, right] = await Promise.all([lstatOf(a), lstatOf(b)])
  if (!left || !right) return !left && !right
  if (left.isSymbolicLink() && right.isSymbolicLink())
    return (await readlink(a, 'buffer')).equals(await readlink(b, 'buffer'))
  if (!left.isFile() || !right.isFile() || left.size !== right.size) return false
  return (!modes || (left.mode & 0o100) === (right.mode & 0o100)) && haveSameBytes(a, b)
}

/** undefined when there is nothing. */
export async function lstatOf(place: Buffer) {
  try {
    return await lstat(place)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

async function haveSameBytes(one: Buffer, other: Buffer): Promise<boolean> {
  const files: FileHandle[] = []
  try {
    for (const place of [one, other]) files.push(await open(place))
    const buffers = files.map(() => Buffer.alloc(CHUNK_BYTES))
    for (;;) {
      const [a = 0, b = 0] = await Promise.all(files.map((file, at) => readChunk(file, buffers[at]!)))
      if (a !== b || !buffers[0]!.subarray(0, a).equals(buffers[1]!.subarray(0, b))) return false
      if (a < CHUNK_BYTES) return true
    }
  } finally {
    for (const file of files) await file.close()
  }
}

/** As much as fits; less is the end of the file. */
async function readChunk(file: FileHandle, buffer: Buffer): Promise<number> {
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}
