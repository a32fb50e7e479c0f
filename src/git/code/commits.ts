// The commits people get: one for each plan, in order, each with the tree its own pieces make of the one before it, so
// that every one of them is a state somebody could check out. They hang on a hidden ref; no branch moves.
import { addPieces, type Combined, type Piece } from './combine.js'
import { mustBeId } from './git.js'
import { hookedCommit, openHooked } from './hooked-commit.js'
import type { Identity } from './identity.js'
import { shown } from './names.js'
import { type Objects, withObjects } from './objects.js'
import { keep, mustBeOurs } from './refs.js'
import { changesOf, commitTree, treeOf } from './trees.js'

/** `message`: subject, body and trailers, complete. */
export type CommitPlan = { message: string; pieces: Piece[] }
/** `commits`: a plan that changes nothing has none; `plan` counts from 0. `piece` counts within its plan. */
export type Built =
  | { kind: 'built'; commits: { commit: string; files: string[]; plan: number }[]; tip: string }
  | (Extract<Combined, { kind: 'conflict' }> & { plan: number })
  | { kind: 'hook'; commit: number; output: string }

/** `hooks`: a path for a work tree in which the repository's own hooks, configuration and signing run. */
type Building = {
  repository: string
  onto: string
  plans: CommitPlan[]
  ref: string
  date: string
  identity: Identity
  hooks?: string
}

/** Without hooks the ids are the same whenever they are made; on `ref` (refs/ensemble/…) in the end. */
export async function buildCommits(at: Building, signal?: AbortSignal): Promise<Built> {
  mustBeId(at.onto)
  mustBeOurs(at.ref)
  return withObjects({ repository: at.repository, signal }, async (objects) => {
    const hooked = at.hooks === undefined ? undefined : await openHooked({ ...at, path: at.hooks }, signal)
    const commits: { commit: string; files: string[]; plan: number }[] = []
    let tip = at.onto
    for (const [plan, { message, pieces }] of at.plans.entries()) {
      const before = await treeOf(objects, tip, signal)
      const merged = await addPieces(objects, { tree: before, pieces }, signal)
      if (merged.kind === 'conflict') return { ...merged, plan }
      if (merged.tree === before) continue
      const { date, identity } = at
      const one = { tree: merged.tree, parents: [tip], message, date, identity }
      const made = hooked ? await hookedCommit(hooked, one, signal) : { commit: await commitTree(objects, one, signal) }
      if ('output' in made) return { kind: 'hook', commit: plan, output: made.output }
      commits.push({ commit: made.commit, plan, files: await filesBetween(objects, tip, made.commit, signal) })
      tip = made.commit
    }
    await keep(at.repository, at.ref, tip, signal)
    return { kind: 'built', commits, tip }
  })
}

async function filesBetween(objects: Objects, from: string, to: string, signal?: AbortSignal): Promise<string[]> {
  return (await changesOf(objects, { from, to }, signal)).map(({ name }) => shown(name))
}
