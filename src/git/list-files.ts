// Which files a person means by a path: those git would not ignore, in a repository and outside of one. git itself
// decides, called without a shell and with names separated by NUL, so that no file name can be taken for anything else.
// What is not listed although someone could expect it is named with the reason.
import { lstat, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { runGit } from './run-git.js'

/** `named`: the caller named this very file, rather than a directory it is in. */
export type ListedFile = { path: string; shown: string; named: boolean }
export type LeftOut = { path: string; reason: string }

/** A path that cannot be listed; the message is for people and names it. */
export class PathError extends Error {}

type Listing = { files: ListedFile[]; leftOut: (LeftOut & { file: string })[] }

const LOCK_FILES = new Set(
  `package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock bun.lockb deno.lock Cargo.lock Gemfile.lock
  Pipfile.lock poetry.lock uv.lock pdm.lock composer.lock go.sum mix.lock pubspec.lock Podfile.lock flake.lock
  packages.lock.json gradle.lockfile .terraform.lock.hcl`.split(/\s+/),
)

/**
 * Files below `paths`, each once, sorted by `shown`: how people see them, with '/' from the top of the repository, else
 * from the parent of the directory given. A file that is named itself is listed even if git ignores it.
 * @throws PathError when a path does not exist, is neither file nor directory, or git cannot list it
 */
export async function listFiles(
  paths: string[],
  signal?: AbortSignal,
): Promise<{ files: ListedFile[]; leftOut: LeftOut[] }> {
  const listings: Listing[] = []
  for (const path of paths) listings.push(await listPath(path, signal))
  const byPath = new Map<string, ListedFile>()
  for (const file of listings.flatMap((listing) => listing.files)) {
    if (file.named || !byPath.has(file.path)) byPath.set(file.path, file)
  }
  const leftOut = new Map(listings.flatMap((listing) => listing.leftOut).map((entry) => [entry.file, entry]))
  for (const path of byPath.keys()) leftOut.delete(path)
  return {
    files: tellApart([...byPath.values()]).sort((a, b) => order(a.shown, b.shown)),
    leftOut: [...leftOut.values()].map(({ path, reason }) => ({ path, reason })).sort((a, b) => order(a.path, b.path)),
  }
}

/** `a` and `b` as sorted everywhere: by code unit, so that the order is the same on every machine. */
const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** Two files that would look the same are shown with their whole paths. */
function tellApart(files: ListedFile[]): ListedFile[] {
  const seen = new Map<string, number>()
  for (const { shown } of files) seen.set(shown, (seen.get(shown) ?? 0) + 1)
  return files.map((file) => (seen.get(file.shown) === 1 ? file : { ...file, shown: slashes(file.path) }))
}

const slashes = (path: string) => path.split(sep).join('/')

async function listPath(given: string, signal?: AbortSignal): Promise<Listing> {
  const path = await realpath(resolve(given)).catch((error: NodeJS.ErrnoException) => {
    throw new PathError(
      error.code === 'ENOENT' || error.code === 'ENOTDIR'
        ? `${given} does not exist: wanted a file or a directory on the worker's machine`
        : `${given} cannot be read: ${error.message}`,
    )
  })
  if (path.split(sep).includes('.git')) return { files: [], leftOut: [leave(path, given, 'belongs to git itself')] }
  const stat = await lstat(path)
  if (stat.isDirectory()) return listDirectory(path, given, signal)
  if (!stat.isFile()) throw new PathError(`${given} is neither a file nor a directory`)
  const top = await topLevel(dirname(path), signal)
  return { files: [{ path, shown: top ? slashes(relative(top, path)) : basename(path), named: true }], leftOut: [] }
}

async function listDirectory(directory: string, given: string, signal?: AbortSignal): Promise<Listing> {
  const top = await topLevel(directory, signal)
  const listing = await walk(directory, top, top ?? dirname(directory), signal)
  if (listing.files.length + listing.leftOut.length === 0)
    listing.leftOut.push(leave(directory, given, 'no file in it that git does not ignore'))
  return listing
}

const leave = (file: string, path: string, reason: string) => ({ file, path, reason })

async function walk(directory: string, top: string | undefined, base: string, signal?: AbortSignal): Promise<Listing> {
  const names = top ? await list(directory, [], signal) : await withoutRepository(directory, signal)
  const result: Listing = { files: [], leftOut: [] }
  for (const name of new Set(names)) {
    signal?.throwIfAborted()
    const path = join(directory, name)
    const shown = slashes(relative(base, path))
    if (name.split('/').some((part) => part === 'node_modules' || part === '.git')) continue
    if (!top && name.endsWith('/')) {
      const inner = await walk(path, await topLevel(path, signal), base, signal)
      result.files.push(...inner.files)
      result.leftOut.push(...inner.leftOut)
      continue
    }
    const kind = await kindOf(path, name)
    if (kind === 'file') result.files.push({ path, shown, named: false })
    else if (kind !== 'gone') result.leftOut.push(leave(path, shown, kind))
  }
  return result
}

/** 'file', 'gone' (git still tracks what was deleted), or why it is left out. */
async function kindOf(path: string, name: string): Promise<string> {
  if (name.includes('\ufffd')) return 'its name is not valid UTF-8'
  const stat = await lstat(path).catch((error: NodeJS.ErrnoException) => error)
  if (stat instanceof Error)
    return stat.code === 'ENOENT' || stat.code === 'ENOTDIR' ? 'gone' : `cannot be read (${stat.code})`
  if (stat.isSymbolicLink()) return 'a symbolic link'
  if (stat.isDirectory()) return 'a repository of its own: name it to include it'
  if (!stat.isFile()) return 'not a regular file'
  return LOCK_FILES.has(basename(path)) ? 'a generated lock file' : 'file'
}

/** The top of the repository a directory is in. */
export async function topLevel(directory: string, signal?: AbortSignal): Promise<string | undefined> {
  const { code, stdout, stderr } = await runGit(['rev-parse', '--show-toplevel'], directory, signal)
  if (code === 0) return realpath(stdout.replace(/\r?\n$/, ''))
  if (/not a git repository|must be run in a work tree/.test(stderr)) return undefined
  throw new PathError(`git cannot read ${directory}: ${stderr.trim()}`)
}

async function list(directory: string, repository: string[], signal?: AbortSignal): Promise<string[]> {
  const what = ['ls-files', '--cached', '--others', '--exclude-standard', '--exclude=node_modules/', '-z']
  const { code, stdout, stderr } = await runGit([...repository, ...what], directory, signal)
  if (code !== 0) throw new PathError(`git cannot list ${directory}: ${stderr.trim()}`)
  return stdout.split('\0').filter(Boolean)
}

/** An empty repository elsewhere lends its eyes: the same ignore rules hold, and nothing is written into the directory. */
async function withoutRepository(directory: string, signal?: AbortSignal): Promise<string[]> {
  const empty = await mkdtemp(join(tmpdir(), 'ensemble-list-'))
  try {
    await Promise.all([mkdir(join(empty, 'objects')), mkdir(join(empty, 'refs'))])
    await writeFile(join(empty, 'HEAD'), 'ref: refs/heads/none\n')
    return await list(directory, [`--git-dir=${empty}`, `--work-tree=${directory}`], signal)
  } finally {
    await rm(empty, { recursive: true, force: true })
  }
}
