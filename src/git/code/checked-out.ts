// The work trees in which a branch is checked out: usually one, the user's own. Those on no branch, as agents have them,
// are not looked into: what their `.git` file says could be an agent's.
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { git, gitText } from './git.js'
import { shown, split } from './names.js'

/** `gitDirectory`: the tree's own, where its index is. `branch`: refs/heads/… */
export type WorkTree = { path: string; gitDirectory: string; branch: string }

export async function workTrees(repository: string, signal?: AbortSignal): Promise<WorkTree[]> {
  const { stdout } = await git({ repository }, ['worktree', 'list', '--porcelain', '-z'], { signal })
  const found: WorkTree[] = []
  for (const lines of stdout.split('\0\0').map((block) => split(block).map(shown))) {
    const value = (key: string) => lines.find((line) => line.startsWith(`${key} `))?.slice(key.length + 1)
    const [path, branch] = [value('worktree'), value('branch')]
    if (path === undefined || branch === undefined || lines.includes('bare')) continue
    // On a disk that is away, or removed by hand: it has no files that could follow.
    if ((await orElse(stat(path), undefined)) === undefined) continue
    found.push({ path, branch, gitDirectory: await gitText({ repository: path }, ['rev-parse', '--absolute-git-dir']) })
  }
  return found
}

export async function checkedOut(repository: string, branch: string, signal?: AbortSignal): Promise<WorkTree[]> {
  return (await workTrees(repository, signal)).filter((tree) => tree.branch === branch)
}

/** A rebase in some work tree will set the branch when it ends. */
export async function isBeingRebased(repository: string, branch: string, signal?: AbortSignal): Promise<boolean> {
  const common = await gitText({ repository }, ['rev-parse', '--path-format=absolute', '--git-common-dir'], { signal })
  const records = await orElse(readdir(join(common, 'worktrees')), [])
  for (const directory of [common, ...records.map((name) => join(common, 'worktrees', name))])
    for (const state of ['rebase-merge', 'rebase-apply'])
      if ((await orElse(readFile(join(directory, state, 'head-name'), 'utf8'), '')).trim() === branch) return true
  return false
}

async function orElse<Value, Else>(reading: Promise<Value>, otherwise: Else): Promise<Value | Else> {
  try {
    return await reading
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return otherwise
    throw error
  }
}
