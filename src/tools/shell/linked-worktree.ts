// A workspace that is a linked work tree of git's has its repository elsewhere, and may have its dependencies there, too,
// through symbolic links. Both lie where a sandbox hides things as a rule: homes, temporary files. What is named here may
// be read in it. A link counts only if it leads from a work tree of the repository to the same place in another, under a
// name of dependencies, so that no command can make one that opens something else.
import { lstat, readdir, readFile, readlink, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'

const DEPENDENCIES = new Set(['node_modules', '.venv', 'venv', 'vendor'])
/** Directories below the top in which dependencies are looked for. */
const MOST_LEVELS = 3
/** A directory with more entries is data. */
const MOST_ENTRIES = 2000

/** Absolute real paths; none where the workspace has its repository in it, or none at all. */
export async function linkedPlaces(workspace: string): Promise<string[]> {
  const common = await commonDirectory(workspace)
  if (common === undefined) return []
  const tops = await workTrees(common)
  return [common, ...(await dependencies(workspace, tops))]
}

/** Where `.git` is a file; believed only if the repository knows of this work tree, too. */
async function commonDirectory(workspace: string): Promise<string | undefined> {
  const file = join(workspace, '.git')
  const stat = await lstat(file).catch(absent)
  if (!stat?.isFile()) return undefined
  const named = /^gitdir: (.+?)\r?\n?$/.exec(await readFile(file, 'utf8'))?.[1]
  if (named === undefined) return undefined
  const own = resolve(workspace, named)
  const [back, common] = await Promise.all([lineOf(join(own, 'gitdir')), lineOf(join(own, 'commondir'))])
  if (back === undefined || common === undefined) return undefined
  const [known, place] = await Promise.all([
    realpath(resolve(own, back)).catch(absent),
    realpath(resolve(own, common)).catch(absent),
  ])
  const isOwn = known === file && place !== undefined && dirname(await realpath(own)) === join(place, 'worktrees')
  return isOwn ? place : undefined
}

/** The tops of all of them, the first one of the repository itself. */
async function workTrees(common: string): Promise<string[]> {
  const records = await readdir(join(common, 'worktrees')).catch(absent)
  const files = await Promise.all((records ?? []).map((name) => lineOf(join(common, 'worktrees', name, 'gitdir'))))
  const linked = files.flatMap((file) => (file === undefined ? [] : [dirname(file)]))
  return [...(basename(common) === '.git' ? [dirname(common)] : []), ...linked]
}

async function dependencies(workspace: string, tops: string[], way: string[] = []): Promise<string[]> {
  const directory = join(workspace, ...way)
  const entries = await readdir(directory, { withFileTypes: true }).catch(absent)
  if (!entries || entries.length > MOST_ENTRIES) return []
  const found: string[] = []
  for (const entry of entries) {
    const inside = [...way, entry.name]
    if (entry.isSymbolicLink() && DEPENDENCIES.has(entry.name)) {
      const target = resolve(directory, await readlink(join(directory, entry.name)))
      if (tops.some((top) => join(top, ...inside) === target)) found.push(target)
    } else if (
      entry.isDirectory() &&
      way.length < MOST_LEVELS &&
      entry.name !== '.git' &&
      !DEPENDENCIES.has(entry.name)
    )
      found.push(...(await dependencies(workspace, tops, inside)))
  }
  return found
}

async function lineOf(path: string): Promise<string | undefined> {
  return (await readFile(path, 'utf8').catch(absent))?.replace(/\r?\n$/, '')
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
}
