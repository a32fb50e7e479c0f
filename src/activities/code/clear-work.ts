// At the end of a run nothing of it is left beside the repository: its working trees go, and, once everything is committed,
// its hidden refs. What was not committed stays in git for a rerun.
import type { ClearWorkRequest } from '../../contracts/code.js'
import { removeRefs } from '../../git/code/branch.js'
import { removeWorktrees } from '../../git/code/worktree.js'
import type { CallDeps } from '../call/deps.js'
import { readableStorageErrors } from '../storage-errors.js'
import { repositoryErrors } from './errors.js'
import { keptCode, refsOf } from './keep.js'

export function createClearWork({ store }: CallDeps) {
  return async function clearWork({ root, keep, keepRefs }: ClearWorkRequest): Promise<void> {
    await readableStorageErrors(() =>
      repositoryErrors(async () => {
        const { repository, options } = await keptCode(store, keep)
        const directory = await store.place(root, 'code')
        if (!options.keep) await removeWorktrees({ repository: repository.top, directory })
        if (!keepRefs) await removeRefs(repository.top, refsOf(root))
      }),
    )
  }
}
