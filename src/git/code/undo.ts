// A run's commits are taken back by commits that say so, one for each, newest first, all or none. When nothing came after
// them the tree is what it was, byte by byte; when something did, it stays.
import { notesOf } from './commits-of.js'
import { contains, finishMoves } from './finish-moves.js'
import { git, gitText, mustBeId } from './git.js'
import type { Signature } from './identity.js'
import { type Moved, moveBranch, tipOf } from './move-branch.js'
import { type Objects, withObjects } from './objects.js'
import { type Conflict, mergeTrees } from './three-way.js'
import { commitTree, treeOf } from './trees.js'

/** `commits`: the reverts, newest first. `nothing`: `reverts` are those an earlier call made. */
export type Undone =
  | { kind: 'undone'; commits: string[] }
  | (Conflict & { commit: string })
  | { kind: 'nothing'; why: string; reverts: string[] }
  | Exclude<Moved, { kind: 'moved' }>

/** `commits`: oldest first. `run` goes into the trailers. */
type Undoing = { repository: string; branch: string; commits: string[]; run: string; patienceMs?: number } & Signature

/** @throws RepositoryError as moveBranch does */
export async function undoCommits(at: Undoing, signal?: AbortSignal): Promise<Undone> {
  mustBeId(...at.commits)
  await finishMoves(at, signal)
  const tip = await tipOf(at, signal)
  const { open, reverts, missing } = await openCommits(at, tip, signal)
  if (missing.length > 0) return nothing(`${at.branch} does not have ${missing.join(', ')}`, reverts)
  if (open.length === 0)
    return nothing(at.commits.length === 0 ? 'there are no commits' : 'every commit has been reverted already', reverts)
  const made = await withObjects({ repository: at.repository, signal }, (objects) =>
    revertAll(objects, { ...at, commits: open.reverse(), tip }, signal),
  )
  if ('kind' in made) return made
  if (made.commits.length === 0) return nothing('what the commits did is not there any more', reverts)
  const moved = await moveBranch({ ...at, from: tip, to: made.tip }, signal)
  return moved.kind === 'moved' ? { kind: 'undone', commits: made.commits } : moved
}

const nothing = (why: string, reverts: string[]): Undone => ({ kind: 'nothing', why, reverts })

/** Those that are on the branch and not reverted there. */
async function openCommits({ repository, branch, commits }: Undoing, tip: string, signal?: AbortSignal) {
  const missing: string[] = []
  for (const commit of commits) if (!(await contains({ repository, branch: tip, commit }, signal))) missing.push(commit)
  const [oldest] = commits
  if (oldest === undefined || missing.length > 0) return { open: [], reverts: [], missing }
  const notes = (await notesOf({ repository, branch, since: oldest }, signal)).reverse()
  const byReverted = new Map(notes.map(({ reverts, commit }) => [reverts, commit]))
  const reverts = notes.flatMap((note) => (commits.includes(note.reverts) ? [note.commit] : []))
  return { open: commits.filter((commit) => !byReverted.has(commit)), reverts, missing }
}

/** Newest first. */
async function revertAll(
  objects: Objects,
  { commits, tip, repository, run, date, identity }: Undoing & { tip: string },
  signal?: AbortSignal,
): Promise<{ commits: string[]; tip: string } | (Conflict & { commit: string })> {
  const made: string[] = []
  let newest = tip
  for (const commit of commits) {
    const { tree: theirs, subject } = await before(objects, repository, commit, signal)
    const ours = await treeOf(objects, newest, signal)
    const merged = await mergeTrees(objects, { base: await treeOf(objects, commit, signal), ours, theirs }, signal)
    if (merged.kind === 'conflict') return { ...merged, commit }
    if (merged.tree === ours) continue
    const message = `Revert "${subject}"\n\nThis reverts commit ${commit}.\n\nEnsemble-Run: ${run}\nEnsemble-Reverts: ${commit}\n`
    newest = await commitTree(objects, { tree: merged.tree, parents: [newest], date, identity, message }, signal)
    made.push(newest)
  }
  return { commits: made, tip: newest }
}

/** The tree a commit was made on, and its subject; of the first commit of all, the empty tree. */
async function before(objects: Objects, repository: string, commit: string, signal?: AbortSignal) {
  const args = ['rev-list', '--max-count=1', '--no-commit-header', '--format=%P%n%s', commit]
  const [parents = '', subject = ''] = (await gitText({ repository }, args, { signal })).split('\n')
  const [parent] = parents.split(' ').filter(Boolean)
  if (parent !== undefined) return { subject, tree: await treeOf(objects, parent, signal) }
  return { subject, tree: (await git(objects, ['mktree'], { signal, input: '' })).stdout.trim() }
}
