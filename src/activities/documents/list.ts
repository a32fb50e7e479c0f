// Which files a person means by a path or a glob. Unlike a review, git has no say: documents are often what it ignores.
// What is named must be there; what a glob or a directory brings besides files is not followed: a link in a folder that
// somebody else filled could lead anywhere.
import { lstat, realpath } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { escapePath, glob } from 'tinyglobby'
import { InputError } from '../input-error.js'

/** `shown`: how people and models see it, with '/', from the deepest directory that all files are in. */
export type Listed = { path: string; shown: string }

const MOST_FILES = 2000
/** What makes a name a glob, unless a backslash stands before it. */
const GLOB = /[*?[{(]/
/** What nobody means by a glob, unless it says so. */
const PACKAGES = 'node_modules'

/**
 * Each file once, sorted by `shown`.
 * @throws InputError for a path that does not exist or is no file or directory, a glob that matches nothing, and for
 *   more than 2,000 files
 */
export async function listDocuments(entries: string[]): Promise<Listed[]> {
  const paths = new Set<string>()
  for (const entry of entries) {
    for (const path of await filesOf(entry)) paths.add(path)
    if (paths.size > MOST_FILES)
      throw new InputError(`files: "${entry}" brings them to ${paths.size}; wanted at most ${MOST_FILES} in one run`)
  }
  const top = commonDirectory([...paths])
  const shown = [...paths].map((path) => ({ path, shown: slashes(relative(top, path)) }))
  return shown.sort((a, b) => (a.shown < b.shown ? -1 : a.shown > b.shown ? 1 : 0))
}

async function filesOf(entry: string): Promise<string[]> {
  const kind = await kindOf(entry)
  if (kind === 'file') return [await realpath(entry)]
  if (kind === 'directory') return orNothing(entry, `${escapePath(slashes(resolve(entry)))}/**/*`) // `/**` misses a name with a line end
  if (kind === 'missing' && GLOB.test(entry.replace(/\\./g, ''))) return orNothing(entry, entry)
  const wanted = "wanted a file, a directory or a glob such as docs/**/*.md on the worker's machine"
  if (kind === 'missing') throw new InputError(`files: ${entry} does not exist: ${wanted}`)
  throw new InputError(`files: ${entry} is neither a file nor a directory: ${wanted}`)
}

async function orNothing(entry: string, pattern: string): Promise<string[]> {
  // Hidden files stay out unless the pattern names them.
  const found = await glob(pattern, { absolute: true, dot: false, onlyFiles: true, followSymbolicLinks: false })
  const named = pattern.includes(PACKAGES)
  const paths = found.map((path) => resolve(path)).filter((path) => named || !path.split(sep).includes(PACKAGES))
  if (paths.length > 0) return Promise.all(paths.map((path) => realDirectory(path)))
  const hidden = 'hidden files and links are left out unless they are named'
  throw new InputError(`files: no file matches "${entry}" on the worker's machine (${hidden})`)
}

/** So that a file is found to be the same by whatever way it was named. */
async function realDirectory(path: string): Promise<string> {
  return join(await realpath(dirname(path)), basename(path))
}

async function kindOf(entry: string): Promise<'file' | 'directory' | 'missing' | 'other'> {
  try {
    const stat = await lstat(await realpath(entry))
    return stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : 'other'
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return 'missing'
    if (code === undefined) throw error
    throw new InputError(`files: ${entry} cannot be read: ${message}`)
  }
}

function commonDirectory(paths: string[]): string {
  const [first = [], ...rest] = paths.map((path) => dirname(path).split(sep))
  const differs = first.findIndex((part, index) => rest.some((other) => other[index] !== part))
  return (differs < 0 ? first : first.slice(0, differs)).join(sep) || sep
}

const slashes = (path: string) => path.split(sep).join('/')
