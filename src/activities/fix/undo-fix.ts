// A person does not want the changes: the workspace becomes what it was, where nobody else has worked on since.
import type { UndoFixRequest, UndoneFix } from '../../contracts/fix.js'
import { restoreSnapshot } from '../../git/snapshot.js'
import type { CallDeps } from '../call/deps.js'
import { readableStorageErrors } from '../storage-errors.js'
import { keptFix, snapshotsOf } from './workspace.js'

export function createUndoFix({ store }: CallDeps) {
  return async function undoFix({ root, files, from, to }: UndoFixRequest): Promise<UndoneFix> {
    return readableStorageErrors(async () =>
      restoreSnapshot(await snapshotsOf(store, root, await keptFix(store, files)), from, to),
    )
  }
}
