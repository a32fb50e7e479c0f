// What a commit holds, as plain files in a directory that is no working tree: for whoever reads it where the checkout is
// another branch, or has changes that are nobody's yet.
import { mkdir } from 'node:fs/promises'
import { git, mustBeId } from './git.js'
import { withObjects } from './objects.js'

/** `path`: absolute; what is there under the same names is overwritten, so a repeat ends the same. */
export async function exportTree(
  { repository, commit, path }: { repository: string; commit: string; path: string },
  signal?: AbortSignal,
): Promise<void> {
  mustBeId(commit)
  await mkdir(path, { recursive: true, mode: 0o700 })
  await withObjects({ repository, workTree: path, signal }, async (objects) => {
    await git(objects, ['read-tree', '--end-of-options', commit], { signal })
    await git(objects, ['checkout-index', '--all', '--force'], { signal })
  })
}
