// The state of a work tree before a command runs in it: a copy of git's index, and copies of what git has not. Kept on
// disk, so that it outlives a worker that dies while the command runs.
import { constants, type Stats } from 'node:fs'
import { copyFile, mkdir, readFile, readlink, rename, stat, utimes, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { git, gitText } from '../code/git.js'
import { type Name, placeOf } from '../code/names.js'
import { RepositoryError } from '../code/repository-error.js'
import { lstatOf } from '../code/staging.js'
import { differences, ignoredNames, indexOf, type Watched } from './watched.js'

/** `copy`: its name in the directory of copies. */
export type State =
  | { kind: 'absent' }
  | { kind: 'other' }
  | { kind: 'link'; target: string }
  | { kind: 'file'; mode: number; copy: string }
/** `known`: what was not as the index has it. `ignored`: what git left out. */
export type Before = { known: Map<Name, State>; ignored: Set<Name> }

/** More is not copied before each command. */
const MOST_FILES = 2000
const MOST_BYTES = 256 * 1024 ** 2

/** Whether there is a work tree of git's to watch; in a directory that git ignores it sees nothing. */
export async function canWatch(workspace: string): Promise<boolean> {
  const at = { repository: workspace }
  const { code, stdout } = await git(at, ['rev-parse', '--is-inside-work-tree'], { ok: [0, 128] })
  if (code !== 0 || stdout.trim() !== 'true') return false
  const ignored = await git(at, ['check-ignore', '-q', '--', `${workspace}/x`], { ok: [0, 1] })
  return ignored.code === 1
}

/** @throws RepositoryError when there is too much to copy */
export async function takeBefore(watched: Watched): Promise<void> {
  await mkdir(copies(watched), { recursive: true })
  await copyIndex(watched)
  const known: [Name, State][] = []
  let bytes = 0
  for (const { name } of await differences(watched)) {
    const found = await lstatOf(placeOf(watched.workspace, name))
    bytes += found?.isFile() ? found.size : 0
    if (known.length >= MOST_FILES || bytes > MOST_BYTES)
      throw new RepositoryError(
        `commands are watched here, and there is too much to copy that git does not have: wanted at most ${MOST_FILES} files and ${MOST_BYTES / 1024 ** 2} MB that are neither committed nor ignored`,
      )
    known.push([name, await stateOf(watched, name, found, String(known.length))])
  }
  const ignored = [...(await ignoredNames(watched))]
  // Whole or not at all: without it nothing was begun.
  await writeFile(`${noted(watched)}.tmp`, JSON.stringify({ known, ignored }))
  await rename(`${noted(watched)}.tmp`, noted(watched))
}

/** undefined: none was taken. */
export async function readBefore(watched: Watched): Promise<Before | undefined> {
  const text = await readFile(noted(watched), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return undefined
  })
  if (text === undefined) return undefined
  const { known, ignored } = JSON.parse(text) as { known: [Name, State][]; ignored: Name[] }
  return { known: new Map(known), ignored: new Set(ignored) }
}

export const copies = ({ place }: Watched) => join(place, 'copies')
const noted = ({ place }: Watched) => join(place, 'before.json')

/** With its time: by that git knows which files could have been changed unseen. */
async function copyIndex(watched: Watched): Promise<void> {
  const { workspace } = watched
  const path = resolve(workspace, await gitText({ repository: workspace }, ['rev-parse', '--git-path', 'index']))
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    // Nothing was ever added.
    if (error.code !== 'ENOENT') throw error
    return undefined
  })
  if (!found) return
  await copyFile(path, indexOf(watched))
  await utimes(indexOf(watched), found.atimeMs / 1000, found.mtimeMs / 1000)
}

async function stateOf(watched: Watched, name: Name, found: Stats | undefined, copy: string): Promise<State> {
  const path = placeOf(watched.workspace, name)
  if (!found) return { kind: 'absent' }
  if (found.isSymbolicLink()) return { kind: 'link', target: await readlink(path, 'latin1') }
  if (!found.isFile()) return { kind: 'other' }
  await copyFile(path, join(copies(watched), copy), constants.COPYFILE_FICLONE)
  return { kind: 'file', mode: found.mode & 0o7777, copy }
}
