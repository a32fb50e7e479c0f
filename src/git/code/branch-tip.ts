// Where a branch is, and what it has.
import { runGit } from '../run-git.js'
import { RepositoryError } from './repository-error.js'

/** @param branch refs/heads/… @returns its hash */
export async function commitOf(repository: string, branch: string): Promise<string> {
  const { code, stdout } = await runGit(['rev-parse', '--verify', '--end-of-options', `${branch}^{commit}`], repository)
  if (code !== 0) throw new RepositoryError(`there is no branch ${branch} any more`)
  return stdout.trim()
}

export async function contains(at: { repository: string; branch: string; commit: string }): Promise<boolean> {
  const { repository, branch, commit } = at
  const tip = await commitOf(repository, branch)
  const { code, stderr } = await runGit(['merge-base', '--is-ancestor', commit, tip], repository)
  if (code > 1) throw new RepositoryError(`git cannot compare ${commit} with ${branch}: ${stderr.trim()}`)
  return code === 0
}
