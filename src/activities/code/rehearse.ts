// The commits, made beside the branch before anybody is asked: which of them hold anything, which files each changes and
// by how much, and that all of them together are what was tested.
import type { WorkFile } from '../../contracts/code.js'
import { buildCommits, filesBetween } from '../../git/code/commits.js'
import { sameTree } from '../../git/code/trees.js'
import type { Identity } from '../../git/code/work.js'
import type { CommitPlans, PlannedCommit } from './planned-commits.js'

type Place = { repository: string; identity: Identity; date: string; ref: string }
/** `files`: of each agent. */
export type Rehearsed = { commits: PlannedCommit[]; files: Map<string, WorkFile[]> }

/** @param asked `wanted`: the commit of all pieces together, on `base`. */
export async function rehearse(
  place: Place,
  { base, wanted, plans }: { base: string; wanted: string; plans: CommitPlans },
): Promise<Rehearsed> {
  const tried: string[] = []
  for (const planned of [plans.byAgent, plans.inTurn]) {
    const built = await buildCommits({ ...place, onto: base, plans: planned })
    if (built.kind !== 'built' || !(await sameTree(place.repository, built.tip, wanted))) {
      tried.push(built.kind === 'conflict' ? `conflict in ${built.files.join(', ')}` : 'another tree than was tested')
      continue
    }
    const files = new Map<string, WorkFile[]>()
    let from = base
    for (const { commit, plan } of built.commits) {
      const { agent } = planned[plan]!
      files.set(agent, [...(files.get(agent) ?? []), ...(await filesBetween(place.repository, { from, to: commit }))])
      from = commit
    }
    return { commits: built.commits.map(({ plan }) => planned[plan]!), files }
  }
  throw new Error(`the work cannot be made into commits: ${tried.join('; ')}`)
}
