// Files that belong to one agent alone. Paths here are absolute and real; one with a slash at its end stands for all that
// is below it. Compared as they are, so that on a file system that takes capital and small letters for the same nothing
// is owned by accident.
import { relative } from 'node:path'

/** What a refusal names; the rest is counted. */
const SHOWN = 20

export function isOwned(owned: string[], path: string): boolean {
  return owned.some((own) => covers(own, path))
}

/** What both own: a child's files are among its parent's. Absent: everything. */
export function ownedByBoth(a: string[] | undefined, b: string[] | undefined): string[] | undefined {
  if (!a || !b) return a ?? b
  return [...new Set([...b.filter((path) => isOwned(a, path)), ...a.filter((path) => isOwned(b, path))])]
}

/** "src/x.ts is not yours: you own a.ts, docs/" */
export function notYours(shown: string, owned: string[], workspace: string): string {
  return `${shown} is not yours: you own ${listOwned(owned, workspace)}`
}

export function listOwned(owned: string[], workspace: string, most = SHOWN): string {
  if (owned.length === 0) return 'no file'
  const names = owned.slice(0, most).map((path) => shownFrom(workspace, path))
  return `${names.join(', ')}${owned.length > most ? ` and ${owned.length - most} more` : ''}`
}

/** As people and models see it: from the workspace. */
export function shownFrom(workspace: string, path: string): string {
  const name = `${relative(workspace, path) || '.'}${path.endsWith('/') ? '/' : ''}`
  // On one line, whatever is in it.
  return /[\p{Cc}\p{Cf}]/u.test(name) ? JSON.stringify(name) : name
}

function covers(own: string, path: string): boolean {
  return path === own || (own.endsWith('/') && path.startsWith(own))
}
