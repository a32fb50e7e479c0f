// At the end of a run nothing of it is left beside the repository: its working trees go, and, once everything is committed,
// its hidden refs. What was not committed stays in git for a rerun.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClearWorkRequest } from '../../contracts/code.js'
import { removeRefs } from '../../git/code/branch.js'
import { removeWorktree } from '../../git/code/worktree.js'
import type { CallDeps } from '../call/deps.js'
import { readableStorageErrors } from '../storage-errors.js'
import { repositoryErrors } from './errors.js'
import { keptCode, refsOf } from './keep.js'

export function createClearWork({ store }: CallDeps) {
  return async function clearWork({ root, keep, keepRefs }: ClearWorkRequest): Promise<void> {
    await readableStorageErrors(() =>
      repositoryErrors(async () => {
        const { repository, options } = await keptCode(store, keep)
        const place = await store.place(root, 'code')
        const trees = options.keep ? [] : await readdir(place)
        for (const name of trees) await removeWorktree({ repository: repository.top, path: join(place, name) })
        if (!keepRefs) await removeRefs(repository.top, refsOf(root))
      }),
    )
  }
}
