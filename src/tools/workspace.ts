// Where file tools may go. A path is resolved, links included, and must end inside the workspace; what is then opened is
// opened directory by directory without following any link (files/anchored.ts), so that a link put in its place after
// the check leads nowhere. Git's own files and our settings decide what programs are run, and keys never reach a model.
import { readlink, realpath } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { isOwned, notYours } from './owned.js'
import { fileError, ToolRefusal } from './refusal.js'

/** They say what programs a worker starts: nothing an agent writes may become one. */
export const SETTINGS_FILES = new Set(['ensemble.config.json', '.mcp.json'])

/** `hidden`: absolute real paths inside it that are neither read nor written, such as the data directory. `owns`: all that may be written. */
export type Workspace = { root: string; hidden?: string[]; owns?: string[] }

/** `parts` lead from the real root to the file, no link among them. `shown`: the same, for people. */
export type Place = { root: string; parts: string[]; shown: string }

/** Linux' PATH_MAX, the closing NUL included. */
const MAX_PATH_BYTES = 4096
/** Where a person may keep an API key: a model never sees it. */
export const KEY_FILES = new Set(['ANTHROPIC_API_KEY.txt', 'API_CREDENTIALS.json'])

/** @throws ToolRefusal when it is outside, hidden, or not to be written */
export async function locate(workspace: Workspace, given: string, purpose: 'read' | 'write'): Promise<Place> {
  const { root, parts, lexical } = await partsOf(workspace.root, given)
  if (parts === undefined) throw new ToolRefusal(`${show(given)} is outside the workspace`)
  const path = join(root, ...parts)
  // A workspace may itself be within a data directory: a working tree made for it.
  const hidden = (workspace.hidden ?? []).filter((one) => !below(one, root))
  if (KEY_FILES.has(basename(path)) || hidden.some((one) => below(one, path)))
    throw new ToolRefusal(`${show(given)} is not for tools`)
  if (purpose === 'write' && [...parts, ...lexical].some((part) => part.toLowerCase() === '.git'))
    throw new ToolRefusal(`${show(given)} belongs to git itself, which is not written to`)
  if (purpose === 'write' && SETTINGS_FILES.has(basename(path)))
    throw new ToolRefusal(`${show(given)} says what programs are started, and is not written by tools`)
  const { owns } = workspace
  if (purpose === 'write' && owns && !isOwned(owns, path))
    throw new ToolRefusal(`permission denied: ${notYours(show(given), owns, root)}`)
  return { root, parts, shown: parts.join('/') || '.' }
}

/** A path as the model gave it, on one line and not endless. */
export function show(given: string): string {
  const quoted = JSON.stringify(given)
  return quoted.length > 200 ? `${quoted.slice(0, 200)}…` : quoted
}

/** Whether `path` is `directory` or in it; both absolute. */
export function below(directory: string, path: string): boolean {
  const way = relative(directory, path)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`))
}

async function partsOf(workspace: string, given: string) {
  if (given === '' || given.includes('\0')) throw new ToolRefusal(`${show(given)} is no path`)
  if (Buffer.byteLength(given) >= MAX_PATH_BYTES) throw new ToolRefusal(`${show(given)}: its name is too long`)
  const root = await realpath(workspace)
  const lexical = relative(root, resolve(root, given)).split(sep)
  const path = await withoutLinks(resolve(root, given), given)
  const parts = below(root, path) ? relative(root, path).split(sep).filter(Boolean) : undefined
  return { root, parts, lexical }
}

/** The longest part of it that exists is resolved; what comes after that is still to be made. */
async function withoutLinks(path: string, given: string): Promise<string> {
  const missing: string[] = []
  for (let head = path; ; head = dirname(head)) {
    try {
      return join(await realpath(head), ...missing)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'ENOENT' && code !== 'ENOTDIR')
        throw new ToolRefusal(`${show(given)}: ${fileError(error) ?? String(error)}`)
    }
    if (await isLink(head)) throw new ToolRefusal(`${show(given)} leads through a symbolic link to nothing`)
    missing.unshift(basename(head))
  }
}

async function isLink(path: string): Promise<boolean> {
  return readlink(path).then(
    () => true,
    () => false,
  )
}
