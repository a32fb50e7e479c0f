// Where findings are worked off: the repository the files are in, or the directory they have in common; and where we keep
// what it held before.
import { dirname, join, relative, sep } from 'node:path'
import type { FixPlan } from '../../contracts/fix.js'
import type { Ref, Root } from '../../contracts/refs.js'
import type { FixOptions } from '../../contracts/schemas/index.js'
import { topLevel } from '../../git/list-files.js'
import type { Snapshots } from '../../git/snapshot.js'
import type { Store } from '../../storage/store.js'
import { dataDirectoryIn } from '../data-directory.js'
import { InputError } from '../input-error.js'
import type { ReviewKeep } from '../prepare/review.js'
import type { ReviewFile } from '../review/read.js'

/** `names`: of the files, by how people see them, from the workspace. */
export type FixKeep = { workspace: string; options: FixOptions; names: Record<string, string> }

export const NOT_PRICED = 'fix: what the agent costs that works off the findings is not part of the price'

/** @throws InputError */
export async function fixOf(options: FixOptions, files: ReviewFile[]): Promise<FixKeep> {
  const places = files.flatMap(({ path, at }) => (at === undefined ? [] : [{ path, at }]))
  const tops = new Set(await Promise.all([...new Set(places.map(({ at }) => dirname(at)))].map((at) => topLevel(at))))
  const [top] = tops
  const workspace = tops.size === 1 && top !== undefined ? top : commonDirectory(places.map(({ at }) => dirname(at)))
  if (dirname(workspace) === workspace)
    throw new InputError(
      `fix: ${places[0]?.at} and ${places.at(-1)?.at} have no directory in common: review them apart`,
    )
  const names = places.map(({ path, at }) => [path, relative(workspace, at).split(sep).join('/')] as const)
  return { workspace, options, names: Object.fromEntries(names) }
}

/** `usually`: what the worker's settings say of audits. */
export function fixPlanOf({ workspace, options: { approvers, audit } }: FixKeep, usually: boolean): FixPlan {
  return { workspace, audit: audit ?? usually, ...(approvers && { approvers }) }
}

function commonDirectory(directories: string[]): string {
  return directories.reduce((common, directory) => {
    let at = common
    while (relative(at, directory).split(sep)[0] === '..') at = dirname(at)
    return at
  })
}

export async function keptFix(store: Store, files: Ref): Promise<FixKeep> {
  const { fix } = JSON.parse(await store.text(files)) as ReviewKeep
  if (!fix) throw new Error('the review was not asked to fix anything')
  return fix
}

export async function snapshotsOf(store: Store, root: Root, { workspace }: FixKeep): Promise<Snapshots> {
  const place = join(await store.place(root, 'fix'), 'snapshots')
  const home = dataDirectoryIn(workspace, place)
  return { place, workspace, exclude: home === undefined ? [] : [`/${home}/`] }
}
