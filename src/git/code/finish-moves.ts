// A process that was killed while it moved a branch left the lock of an index, with a note in it: whoever comes next
// finishes the move if the branch had moved already, and otherwise there is nothing to finish.
import { join } from 'node:path'
import { type WorkTree, workTrees } from './checked-out.js'
import { git } from './git.js'
import { type Lock, type Note, takeLock, unfinishedAt } from './lock.js'
import { prepareMove } from './move-work-tree.js'
import { removeStaging } from './staging.js'
import { withdraw } from './swap.js'

type Finishing = { repository: string; patienceMs?: number }

export const indexLockOf = (tree: WorkTree) => join(tree.gitDirectory, 'index.lock')

/** In all work trees of the repository. @throws RepositoryError */
export async function finishMoves({ repository, patienceMs }: Finishing, signal?: AbortSignal): Promise<void> {
  for (const tree of await workTrees(repository, signal)) {
    const file = indexLockOf(tree)
    if (!(await unfinishedAt(file))) continue
    const lock = await takeLock({ file, note: {}, patienceMs }, signal)
    await finishHeld(tree, lock, signal)
  }
}

/** And lets go of the lock; when it cannot, the lock goes on saying what is to be done. */
export async function finishHeld(tree: WorkTree, lock: Lock, signal?: AbortSignal): Promise<void> {
  try {
    if (lock.unfinished) await finish(tree, lock.unfinished, signal)
    await removeStaging(tree.gitDirectory)
  } catch (error) {
    await lock.abandon()
    throw error
  }
  await lock.release()
}

async function finish(tree: WorkTree, { branch, from, to, permit }: Note, signal?: AbortSignal): Promise<void> {
  if (branch === undefined || from === undefined || to === undefined || permit === undefined) return
  await withdraw({ repository: tree.path, permit })
  if (!(await contains({ repository: tree.path, branch, commit: to }, signal))) return
  const prepared = await prepareMove(tree, { from, to, finish: true }, signal)
  if ('follow' in prepared) await prepared.follow()
}

/** Whether a commit is on a branch that exists. */
export async function contains(
  { repository, branch, commit }: { repository: string; branch: string; commit: string },
  signal?: AbortSignal,
): Promise<boolean> {
  const args = ['merge-base', '--is-ancestor', commit, branch]
  return (await git({ repository }, args, { signal, ok: [0, 1, 128] })).code === 0
}
