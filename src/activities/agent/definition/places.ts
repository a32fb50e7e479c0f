// Where a path really leads: through links, and also when its end is still to be made.
import { realpath, stat } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { InputError } from '../../input-error.js'

/** The workspace's real path. @throws InputError where it is no directory */
export async function openWorkspace(path: string): Promise<string> {
  const refused = (why: string) => new InputError(`workspace: ${JSON.stringify(path)} ${why}; wanted a directory`)
  const real = await realpath(path).catch((error: NodeJS.ErrnoException) => {
    throw refused(error.code === 'ENOENT' ? 'does not exist' : `cannot be opened (${error.code ?? error.message})`)
  })
  if (!(await stat(real)).isDirectory()) throw refused('is no directory')
  return real
}

export function isWithin(root: string, path: string): boolean {
  const way = relative(root, path)
  return way !== '..' && !way.startsWith(`..${sep}`)
}

/** Absolute, as given and where links lead; `inside`: both are in the workspace, for all of them. */
export async function placesOf(paths: string[], workspace: string): Promise<{ paths: string[]; inside: boolean }> {
  const places = await Promise.all(paths.map((path) => placeOf(resolve(workspace, path))))
  const all = Array.from(new Set(places.flatMap(({ at, real }) => (real === undefined ? [at] : [at, real]))))
  const known = places.every(({ real }) => real !== undefined)
  return { paths: all, inside: known && all.every((path) => isWithin(workspace, path)) }
}

/** `real` is missing where it cannot be known: then it counts as outside. */
async function placeOf(at: string): Promise<{ at: string; real?: string }> {
  let missing = ''
  for (let path = at; ; ) {
    try {
      return { at, real: join(await realpath(path), missing) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || path === dirname(path)) return { at }
      missing = join(path.slice(dirname(path).length), missing)
      path = dirname(path)
    }
  }
}
