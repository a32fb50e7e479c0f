// What is watched: a work tree in which somebody runs a command and owns a part of it only. What git knows is kept by git,
// and is asked of a copy of its index, so that a command that commits, adds or resets hides nothing; all else is copied.
// Nothing is written into the repository, and no filter, hook or monitor of it runs to see what changed.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { git, type Place } from '../code/git.js'
import { type Name, parentsOf, placeOf, split } from '../code/names.js'
import { lstatOf } from '../code/staging.js'

export type Watched = {
  /** Absolute, its real path: in a git work tree. */
  workspace: string
  /** A directory of ours, absolute. */
  place: string
  /** Absolute path. */
  isOwned(path: string): boolean
  /** Absolute directories of the worker within the workspace. */
  exclude: string[]
}

/** Not as the index has it: `other` is new to git, the rest is changed or gone. */
export type Different = { name: Name; other: boolean }

/** Written beside a file before it takes its place; they pass. */
const PASSING = /(^|\/)\.ensemble-[0-9a-f]{24}\.tmp$/

export const indexOf = ({ place }: Watched) => join(place, 'index')

/** In the order of git's listing, each once, without what is owned. */
export async function differences(watched: Watched): Promise<Different[]> {
  const at = await listing(watched)
  // Files that are assumed to be unchanged are looked at, too.
  await git(at, ['update-index', '-q', '--really-refresh'], { ok: [0, 1] })
  const args = ['ls-files', '-z', '-t', '--modified', '--deleted', '--others', '--exclude-standard']
  const { stdout } = await git(at, args)
  const found = new Map<Name, Different>()
  for (const line of split(stdout)) {
    const [other, name] = [line.startsWith('? '), line.slice(2)]
    for (const one of name.endsWith('/') ? await filesBelow(watched.workspace, name.slice(0, -1)) : [name])
      if (isWatched(watched, one)) found.set(one, { name: one, other })
  }
  return [...found.values()]
}

/** Files, and whole directories without a slash at their end. */
export async function ignoredNames(watched: Watched): Promise<Set<Name>> {
  const args = ['ls-files', '-z', '--others', '--ignored', '--exclude-standard', '--directory']
  const { stdout } = await git(await listing(watched), args)
  return new Set(split(stdout).map((name) => name.replace(/\/$/, '')))
}

export function isIgnored(ignored: Set<Name>, name: Name): boolean {
  return ignored.has(name) || [...parentsOf(name)].some((parent) => ignored.has(parent))
}

function isWatched({ workspace, isOwned, exclude }: Watched, name: Name): boolean {
  const path = placeOf(workspace, name).toString()
  if (PASSING.test(name) || exclude.some((one) => path === one || path.startsWith(`${one}/`))) return false
  return !isOwned(path)
}

/** Of a repository within the work tree, which git lists as one. */
async function filesBelow(workspace: string, directory: Name): Promise<Name[]> {
  if (!(await lstatOf(placeOf(workspace, directory)))?.isDirectory()) return [directory]
  const names = await readdir(placeOf(workspace, directory), { encoding: 'latin1' })
  const found = await Promise.all(names.map((name) => filesBelow(workspace, `${directory}/${name}`)))
  return found.flat()
}

/** Configured filters are switched off: a file they would change is compared as it is. */
async function listing(watched: Watched): Promise<Place> {
  const at = { repository: watched.workspace }
  const wanted = '^filter\\..*\\.(clean|smudge|process|required)$'
  const { stdout } = await git(at, ['config', '-z', '--name-only', '--get-regexp', wanted], { ok: [0, 1] })
  const variables: Record<string, string> = { GIT_INDEX_FILE: indexOf(watched) }
  const names = split(stdout)
  variables.GIT_CONFIG_COUNT = String(names.length)
  for (const [index, name] of names.entries()) {
    variables[`GIT_CONFIG_KEY_${index}`] = Buffer.from(name, 'latin1').toString()
    variables[`GIT_CONFIG_VALUE_${index}`] = name.endsWith('.required') ? 'false' : ''
  }
  return { ...at, variables }
}
