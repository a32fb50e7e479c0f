// What several people did at the same time becomes one state: each piece is what a commit changed since the state its
// author started from, and is done to what the ones before it left. Nothing is checked out, no branch moves.
import { git, mustBeId } from './git.js'
import type { Signature } from './identity.js'
import { type Objects, withObjects } from './objects.js'
import { keep } from './refs.js'
import { type Conflict, type Merged, mergeTrees, type Stands } from './three-way.js'
import { commitTree, treeOf } from './trees.js'

/** What `commit` changed since `base`: ids of commits. */
export type Piece = { base: string; commit: string }
/** `piece`: the first, counted from 0, that does not fit. `text`: at most 8 kB. */
export type Combined = { kind: 'clean'; commit: string } | (Conflict & { piece: number })

/** A commit on `onto`, or `onto` itself where the pieces change nothing; `ref` (refs/ensemble/…) keeps it. */
export async function combine(
  at: { repository: string; onto: string; pieces: Piece[]; ref?: string; message: string } & Signature,
  signal?: AbortSignal,
): Promise<Combined> {
  mustBeId(at.onto)
  return withObjects({ repository: at.repository, signal }, async (objects) => {
    const [onto, pieces] = await Promise.all([treeOf(objects, at.onto, signal), treesOf(objects, at.pieces, signal)])
    const merged = await addPieces(objects, { tree: onto, pieces }, signal)
    if (merged.kind === 'conflict') return merged
    const { date, identity, message } = at
    const made = { tree: merged.tree, parents: [at.onto], date, identity, message }
    const commit = merged.tree === onto ? at.onto : await commitTree(objects, made, signal)
    if (at.ref !== undefined) await keep(at.repository, at.ref, commit, signal)
    return { kind: 'clean', commit }
  })
}

/** Trees of a piece. */
export type PieceTrees = { base: string; theirs: string }

/** `tree`: the id of one. `stands`: of earlier calls. */
export async function addPieces(
  objects: Objects,
  { tree, pieces, stands = new Map() }: { tree: string; pieces: PieceTrees[]; stands?: Stands },
  signal?: AbortSignal,
): Promise<Exclude<Merged, Conflict> | (Conflict & { piece: number })> {
  let ours = tree
  for (const [piece, trees] of pieces.entries()) {
    const merged = await mergeTrees(objects, { ...trees, ours, stands }, signal)
    if (merged.kind === 'conflict') return { ...merged, piece }
    ours = merged.tree
  }
  return { kind: 'clean', tree: ours }
}

/** Of each piece, in their order. */
export async function treesOf(objects: Objects, pieces: Piece[], signal?: AbortSignal): Promise<PieceTrees[]> {
  if (pieces.length === 0) return []
  const commits = pieces.flatMap(({ base, commit }) => [base, commit])
  mustBeId(...commits)
  const { stdout } = await git(objects, ['rev-parse', ...commits.map((commit) => `${commit}^{tree}`)], { signal })
  const trees = stdout.trim().split('\n')
  return pieces.map((_, index) => ({ base: trees[2 * index]!, theirs: trees[2 * index + 1]! }))
}
