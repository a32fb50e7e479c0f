// The commits people get: one for each plan, in order, each with the tree its own pieces make of the one before it, so
// that every one of them is a state somebody could check out. They hang on a hidden ref; no branch moves.
import { addPieces, type Combined, type Piece, treesOf } from './combine.js'
import { git, mustBeId } from './git.js'
import { hookedCommit, openHooked } from './hooked-commit.js'
import type { Identity } from './identity.js'
import { shown } from './names.js'
import { type Objects, withObjects } from './objects.js'
import { keep, mustBeOurs } from './refs.js'
import type { Stands } from './three-way.js'
import { changesOf, commitTree, treeOf } from './trees.js'
import { fileOf, type WorkFile } from './work-file.js'

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
    const commits: { commit: string; plan: number }[] = []
    const stands: Stands = new Map()
    const trees = await treesOf(
      objects,
      at.plans.flatMap(({ pieces }) => pieces),
      signal,
    )
    let [tip, tree] = [at.onto, await treeOf(objects, at.onto, signal)]
    for (const [plan, { message, pieces }] of at.plans.entries()) {
      const merged = await addPieces(objects, { tree, pieces: trees.splice(0, pieces.length), stands }, signal)
      if (merged.kind === 'conflict') return { ...merged, plan }
      if (merged.tree === tree) continue
      const { date, identity } = at
      const one = { tree: merged.tree, parents: [tip], message, date, identity }
      const made = hooked ? await hookedCommit(hooked, one, signal) : { commit: await commitTree(objects, one, signal) }
      if ('output' in made) return { kind: 'hook', commit: plan, output: made.output }
      commits.push({ commit: made.commit, plan })
      tip = made.commit
      // A hook may have changed it.
      tree = hooked ? await treeOf(objects, tip, signal) : merged.tree
    }
    await keep(at.repository, at.ref, tip, signal)
    const files = await filesOf(
      objects,
      commits.map(({ commit }) => commit),
      signal,
    )
    return { kind: 'built', commits: commits.map((one) => ({ ...one, files: files.get(one.commit) ?? [] })), tip }
  })
}

/** What each commit changed. */
async function filesOf(objects: Objects, commits: string[], signal?: AbortSignal): Promise<Map<string, string[]>> {
  const args = ['diff-tree', '--stdin', '-r', '-z', '--raw', '--no-renames', '--no-ext-diff']
  const input = commits.map((commit) => `${commit}\n`).join('')
  const tokens = (await git(objects, args, { signal, input })).stdout.split('\0').filter(Boolean)
  const files = new Map<string, string[]>()
  let own: string[] = []
  for (let at = 0; at < tokens.length; at++) {
    // A commit's id, or what became of a file and then its name.
    if (tokens[at]!.startsWith(':')) own.push(shown(tokens[++at]!))
    else {
      own = []
      files.set(tokens[at]!.trim(), own)
    }
  }
  return files
}

/** What differs between two commits, with lines counted. */
export function filesBetween(
  repository: string,
  { from, to }: { from: string; to: string },
  signal?: AbortSignal,
): Promise<WorkFile[]> {
  mustBeId(from, to)
  return withObjects({ repository, signal }, async (objects) =>
    (await changesOf(objects, { from, to, count: true }, signal)).map(fileOf),
  )
}
