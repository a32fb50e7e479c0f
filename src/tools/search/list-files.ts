// Files of a directory by a pattern, links not followed. What was found by its path is looked at again step by step, so
// that a link put in a directory's place shows nothing of where it leads.
import type { Stats } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { glob } from 'tinyglobby'
import { entry, openDirectory } from '../files/anchored.js'
import { fileError, ToolRefusal } from '../refusal.js'
import { below, type Place, type Workspace } from '../workspace.js'

/** `parts` lead from the root of the workspace to it. */
export type Found = { parts: string[]; stat: Stats }

/** More files than anybody reads; a narrower pattern finds the rest. */
const MOST = 50_000
const LEFT_OUT = ['**/.git/**', '**/node_modules/**']

/** @throws ToolRefusal when the pattern leads elsewhere, or finds too much */
export async function listFiles(
  workspace: Workspace,
  start: Place,
  { pattern, signal }: { pattern: string; signal: AbortSignal },
): Promise<Found[]> {
  if (pattern.startsWith('/')) throw new ToolRefusal('the pattern is absolute: wanted one relative to "path"')
  if (pattern.split(/[\\/{},]/).includes('..')) throw new ToolRefusal('the pattern has "..", which leads out')
  const cwd = join(start.root, ...start.parts)
  const names = await namesOf(pattern, cwd, signal)
  signal.throwIfAborted()
  if (names.length > MOST)
    throw new ToolRefusal(`the pattern finds ${names.length} files: at most ${MOST} are looked at`)
  const hidden = (workspace.hidden ?? []).filter((one) => !below(one, start.root))
  const seen = names.filter((name) => !hidden.some((one) => below(one, join(cwd, name))))
  return lookedAt(start, seen)
}

async function namesOf(pattern: string, cwd: string, signal: AbortSignal): Promise<string[]> {
  const plain = pattern.replace(/\/{2,}/g, '/').replace(/\/$/, '')
  try {
    return await glob(plain, {
      cwd,
      signal,
      dot: true,
      ignore: LEFT_OUT,
      onlyFiles: true,
      followSymbolicLinks: false,
      expandDirectories: false,
    })
  } catch (error) {
    // What the library says of a pattern it makes nothing of.
    if (error instanceof TypeError || error instanceof SyntaxError)
      throw new ToolRefusal(`the pattern is none: ${error.message}`)
    throw error
  }
}

async function lookedAt(start: Place, names: string[]): Promise<Found[]> {
  const byDirectory = new Map<string, string[]>()
  for (const name of names) {
    const others = byDirectory.get(dirname(name))
    if (others) others.push(name)
    else byDirectory.set(dirname(name), [name])
  }
  const found: Found[] = []
  for (const [directory, files] of byDirectory) {
    const parts = [...start.parts, ...directory.split('/').filter((part) => part !== '.')]
    const opened = await openDirectory(start.root, parts).catch(gone)
    if (!opened) continue
    try {
      for (const file of files) {
        const name = file.slice(file.lastIndexOf('/') + 1)
        const stat = await lstat(entry(opened, name)).catch(gone)
        if (stat?.isFile()) found.push({ parts: [...parts, name], stat })
      }
    } finally {
      await opened.handle.close()
    }
  }
  return found
}

/** It went away, or became something else, since it was listed. */
function gone(error: unknown): undefined {
  if (fileError(error) === undefined) throw error
}
