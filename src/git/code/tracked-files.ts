// What a repository holds at a commit, as a list a planner can begin with.
import { runGit } from '../run-git.js'
import { RepositoryError } from './repository-error.js'

/** @returns paths as people read them; `more`: how many were left out. */
export async function trackedFiles(
  repository: string,
  commit: string,
  most: number,
  signal?: AbortSignal,
): Promise<{ files: string[]; more: number }> {
  const listing = await runGit(['ls-tree', '-r', '-z', '--name-only', commit, '--'], repository, signal)
  if (listing.code !== 0) throw new RepositoryError(`git cannot list ${commit}: ${listing.stderr.trim()}`)
  const names = listing.stdout.split('\0').filter(Boolean)
  return {
    files: names.slice(0, most).map((name) => name.replace(/\p{Cc}/gu, '�')),
    more: Math.max(0, names.length - most),
  }
}
