// Which files of a work tree are not what its base has: by content, not by what an index of the work tree says, which an
// agent can write. What git ignores is work only where it is owned by its name, or lies in an owned directory that is
// itself ignored; what lies in a repository somebody made inside is a file like any other.
import { lstat, readdir } from 'node:fs/promises'
import { isDependencyLink } from './dependencies.js'
import { git } from './git.js'
import { type Name, parentsOf, placeOf, split } from './names.js'
import type { Objects } from './objects.js'
import type { Owned } from './owned.js'

/** `present`: a file or a link is there, to be taken; else it is gone. */
export type Touched = { name: Name; present: boolean }

export async function touchedFiles(
  objects: Objects,
  { repository, path, base, owned }: { repository: string; path: string; base: string; owned: Owned },
  signal?: AbortSignal,
): Promise<Touched[]> {
  await git(objects, ['read-tree', base], { signal })
  const list = async (args: string[]) => split((await git(objects, [...args, '-z'], { signal })).stdout)
  const others = ['ls-files', '--others', '--exclude-standard']
  const refreshed = git(objects, ['update-index', '-q', '--refresh'], { signal, ok: [0, 1] })
  const [changed, untracked, listedIgnored] = await Promise.all([
    refreshed.then(() => list(['diff-files', '--name-only'])),
    list(others),
    list([...others, '--ignored', '--directory']),
  ])
  const ignored = listedIgnored.map((name) => name.replace(/\/$/, ''))
  const names = new Set<Name>([...changed, ...(await filesIn(path, untracked))])
  const taken = ignored.flatMap((name) => [...(isOwnedAsSuch(name, owned) ? [name] : []), ...ownedBelow(name, owned)])
  for (const name of await filesIn(path, taken)) if (owned.has(name)) names.add(name)
  const found: Touched[] = []
  for (const name of names) {
    if (await isDependencyLink({ repository, path }, name)) continue
    found.push({ name, present: await isThere(path, name) })
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** An ignored file or directory is owned, or lies in an owned one that is as ignored as it is. */
const isOwnedAsSuch = (name: Name, owned: Owned) => owned.files.has(name)

/** What is owned within an ignored directory. */
const ownedBelow = (directory: Name, owned: Owned) =>
  [...owned.files].filter((name) => name.startsWith(`${directory}/`))

/** Files and links, for directories those below; nothing that belongs to a repository, and no installed dependencies. */
async function filesIn(path: string, names: Iterable<Name>): Promise<Name[]> {
  const found: Name[] = []
  const pending = Array.from(names, (name) => name.replace(/\/$/, ''))
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const kind = await kindOf(path, name)
    if (kind === 'file') found.push(name)
    if (kind !== 'directory') continue
    for (const entry of await readdir(placeOf(path, name), { encoding: 'latin1' }))
      if (entry.toLowerCase() !== '.git') pending.push(`${name}/${entry}`)
  }
  return found
}

const isThere = async (path: string, name: Name) => (await kindOf(path, name)) === 'file'

/** Of what the name itself leads to: behind a link there is nothing of this work tree. */
async function kindOf(path: string, name: Name): Promise<'file' | 'directory' | 'none'> {
  for (const parent of parentsOf(name)) if ((await statOf(path, parent))?.isSymbolicLink()) return 'none'
  const stat = await statOf(path, name)
  if (stat?.isDirectory()) return 'directory'
  return stat?.isFile() || stat?.isSymbolicLink() ? 'file' : 'none'
}

async function statOf(path: string, name: Name) {
  try {
    return await lstat(placeOf(path, name))
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}
