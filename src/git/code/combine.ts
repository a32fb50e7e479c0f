// What several people did at the same time becomes one state: each piece is what a commit changed since the state its
// author started from, and is done to what the ones before it left. Nothing is checked out, no branch moves.
import { git, mustBeId } from './git.js'
import type { Signature } from './identity.js'
import { type Objects, withObjects } from './objects.js'
import { keep } from './refs.js'
import { type Conflict, type Merged, mergeTrees } from './three-way.js'
import { commitTree } from './trees.js'

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
    const [tree = ''] = await treesOf(objects, [at.onto], signal)
    const merged = await addPieces(objects, { tree, pieces: at.pieces }, signal)
    if (merged.kind === 'conflict') return merged
    const { date, identity, message, onto } = at
    const made = { tree: merged.tree, parents: [onto], date, identity, message }
    const commit = merged.tree === tree ? onto : await commitTree(objects, made, signal)
    if (at.ref !== undefined) await keep(at.repository, at.ref, commit, signal)
    return { kind: 'clean', commit }
  })
}

/** `tree`: the id of one. */
export async function addPieces(
  objects: Objects,
  { tree, pieces }: { tree: string; pieces: Piece[] },
  signal?: AbortSignal,
): Promise<Exclude<Merged, Conflict> | (Conflict & { piece: number })> {
  const trees = await treesOf(
    objects,
    pieces.flatMap(({ base, commit }) => [base, commit]),
    signal,
  )
  let ours = tree
  for (const piece of pieces.keys()) {
    const merged = await mergeTrees(objects, { base: trees[2 * piece]!, ours, theirs: trees[2 * piece + 1]! }, signal)
    if (merged.kind === 'conflict') return { ...merged, piece }
    ours = merged.tree
  }
  return { kind: 'clean', tree: ours }
}

async function treesOf(objects: Objects, commits: string[], signal?: AbortSignal): Promise<string[]> {
  if (commits.length === 0) return []
  mustBeId(...commits)
  const { stdout } = await git(objects, ['rev-parse', ...commits.map((commit) => `${commit}^{tree}`)], { signal })
  return stdout.trim().split('\n')
}
