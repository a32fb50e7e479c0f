// What a run committed is taken back: a revert of each of its commits and of nothing else, all or none.
import type { UndoCodeRequest, UndoneCode } from '../../contracts/code.js'
import { undoCommits } from '../../git/code/branch.js'
import type { CallDeps } from '../call/deps.js'
import { readableStorageErrors } from '../storage-errors.js'
import { blocked } from './commit-work.js'
import { repositoryErrors } from './errors.js'
import { keptCode } from './keep.js'
import { committedBy } from './record.js'

export function createUndoCode({ store }: CallDeps) {
  return async function undoCode({ root, keep, of, at }: UndoCodeRequest): Promise<UndoneCode> {
    return readableStorageErrors(() =>
      repositoryErrors(async () => {
        const { identity } = await keptCode(store, keep)
        const record = (await committedBy(store, of.root))[of.run]
        if (!record) return blocked('nothing of that run is known here', '')
        const { commits, top, branch } = record
        const undone = await undoCommits({
          ...{ repository: top, branch, commits: commits.map(({ commit }) => commit), run: root.workflowId },
          ...{ date: at, identity },
        })
        switch (undone.kind) {
          case 'undone':
            return undone
          case 'nothing':
            // After a crash, or the second time that somebody takes them back: it is done.
            return undone.reverts.length > 0 ? { kind: 'undone', commits: undone.reverts } : blocked(undone.why, '')
          case 'conflict':
            return blocked(
              `what came later conflicts with taking ${undone.commit.slice(0, 7)} back: ${undone.files.join(', ')}`,
              undone.text,
            )
          case 'blocked':
            return blocked(undone.why, undone.files.join('\n'))
          case 'elsewhere':
            return blocked('the branch moved meanwhile', '')
          default:
            return undone satisfies never
        }
      }),
    )
  }
}
