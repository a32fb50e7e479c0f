// One work tree follows its branch: what has to be written is written beside it and compared first, then it takes two
// steps that nothing but a broken disk can refuse: renames of files, and the rename of the index.
import type { WorkTree } from './checked-out.js'
import { lookAtFiles, placeFiles } from './move-files.js'
import { moveIndex } from './move-index.js'
import { shown } from './names.js'
import { removeStaging, stageFiles } from './staging.js'
import { changesOf } from './trees.js'

/** `follow`: the branch has moved. */
export type Prepared = { follow(): Promise<void> }
export type Blocked = { kind: 'blocked'; files: string[]; why: string }

/** The lock of the tree's index is held. `finish`: somebody's own files stay and do not block. */
export async function prepareMove(
  tree: WorkTree,
  { from, to, finish = false }: { from: string; to: string; finish?: boolean },
  signal?: AbortSignal,
): Promise<Prepared | Blocked> {
  const changes = await changesOf({ repository: tree.path }, { from, to }, signal)
  const staging = await stageFiles(tree, { from, to, changes }, signal)
  const move = { ...tree, staging, changes }
  const index = await moveIndex(move, signal)
  const files = await lookAtFiles(move, signal)
  const blocked = (names: Iterable<string>, why: string): Blocked => ({
    kind: 'blocked',
    files: [...new Set(Array.from(names, shown))].sort(),
    why: `${tree.path} ${why}`,
  })
  if (!finish && index.other.size + files.other.length > 0)
    return blocked([...index.other, ...files.other], 'has changes of these files that are not committed')
  if (!finish && files.inTheWay.length > 0) return blocked(files.inTheWay, 'has these files where others have to go')
  if (!finish && files.readOnly.length > 0) return blocked(files.readOnly, 'cannot be written where these files are')
  return {
    async follow() {
      await placeFiles(move, files)
      await index.install()
      await removeStaging(tree.gitDirectory)
    },
  }
}
