// A branch moves in one compare-and-swap, and the work trees in which it is checked out follow. Everything is prepared
// under the locks of their indexes before; the swap is the moment at which it happened. Whoever is killed after it left
// the locks with a note, and the next one finishes (finish-moves.ts).
import { checkedOut, isBeingRebased, type WorkTree } from './checked-out.js'
import { contains, finishHeld, finishMoves, indexLockOf } from './finish-moves.js'
import { git, mustBeId } from './git.js'
import { type Lock, takeLock } from './lock.js'
import { type Blocked, type Prepared, prepareMove } from './move-work-tree.js'
import { onDisk, RepositoryError } from './repository-error.js'
import { removeStaging } from './staging.js'
import { newPermit, swap, withdraw } from './swap.js'
import { unfinishedIn } from './unfinished.js'

/** `elsewhere`: the branch is neither at `from` nor contains `to`. `blocked`: nothing was done. */
export type Moved = { kind: 'moved' } | { kind: 'elsewhere'; tip: string } | Blocked

type Moving = { repository: string; branch: string; from: string; to: string; patienceMs?: number }
type Held = { tree: WorkTree; lock: Lock }

/** `branch`: refs/heads/… @throws RepositoryError when there is no such branch, or a lock stays */
export async function moveBranch(at: Moving, signal?: AbortSignal): Promise<Moved> {
  return onDisk(() => move(at, signal))
}

async function move(at: Moving, signal?: AbortSignal): Promise<Moved> {
  mustBeId(at.from, at.to)
  await finishMoves(at, signal)
  const held: Held[] = []
  const permit = newPermit()
  let isMoved = false
  try {
    await holdIndexes({ ...at, permit }, held, signal)
    const before = await whereIs(at, signal)
    if (before) return before
    const prepared: Prepared[] = []
    for (const { tree } of held) {
      const one = await prepare(tree, at, signal)
      if ('kind' in one) return one
      prepared.push(one)
    }
    if (await isBeingRebased(at.repository, at.branch, signal))
      return { kind: 'blocked', files: [], why: `${at.branch} is being rebased` }
    signal?.throwIfAborted()
    const refused = await trySwap({ ...at, permit })
    isMoved = refused === undefined
    if (refused) return refused
    for (const one of prepared) await one.follow()
    isMoved = false
    return { kind: 'moved' }
  } finally {
    for (const { tree, lock } of held) {
      if (isMoved) await lock.abandon()
      else await letGo(tree, lock)
    }
  }
}

async function letGo(tree: WorkTree, lock: Lock): Promise<void> {
  await removeStaging(tree.gitDirectory)
  await lock.release()
}

/** In the order of git's list, which is the same for all. */
async function holdIndexes(at: Moving & { permit: string }, held: Held[], signal?: AbortSignal): Promise<void> {
  const { repository, branch, from, to, permit, patienceMs } = at
  for (const tree of await checkedOut(repository, branch, signal)) {
    const take = () => takeLock({ file: indexLockOf(tree), note: { branch, from, to, permit }, patienceMs }, signal)
    let lock = await take()
    while (lock.unfinished) {
      await finishHeld(tree, lock, signal)
      lock = await take()
    }
    held.push({ tree, lock })
  }
}

/** undefined: at `from`, so it can move. */
async function whereIs({ repository, branch, from, to }: Moving, signal?: AbortSignal): Promise<Moved | undefined> {
  const tip = await tipOf({ repository, branch }, signal)
  if (tip === from && from !== to) return undefined
  return (await contains({ repository, branch, commit: to }, signal)) ? { kind: 'moved' } : { kind: 'elsewhere', tip }
}

async function prepare(tree: WorkTree, { from, to }: Moving, signal?: AbortSignal): Promise<Prepared | Blocked> {
  const what = await unfinishedIn(tree.gitDirectory)
  if (what !== undefined) return { kind: 'blocked', files: [], why: `${tree.path} is in the middle of ${what}` }
  return prepareMove(tree, { from, to }, signal)
}

/** undefined: it moved. Nothing stops it half way, so there is no signal. */
async function trySwap(at: Moving & { permit: string }): Promise<Moved | undefined> {
  try {
    await swap(at)
    return undefined
  } catch (error) {
    await withdraw(at)
    // Somebody else may have been quicker.
    const where = await whereIs(at)
    if (where === undefined) throw error
    return (await tipOf(at)) === at.to ? undefined : where
  }
}

/** @throws RepositoryError when there is no such branch, or nothing on it */
export async function tipOf(
  { repository, branch }: { repository: string; branch: string },
  signal?: AbortSignal,
): Promise<string> {
  if (!branch.startsWith('refs/heads/')) throw new RepositoryError(`${branch} is no branch: wanted refs/heads/…`)
  const args = ['show-ref', '--verify', '--hash', '--', branch]
  const { code, stdout } = await git({ repository }, args, { signal, ok: [0, 1, 128] })
  if (code !== 0) throw new RepositoryError(`${repository} has no branch ${branch} any more: wanted it as it was`)
  return stdout.trim()
}
