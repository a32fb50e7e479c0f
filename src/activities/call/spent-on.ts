// For an interrupted call that ended without coming back (its worker died, it waited for a retry): what it cost so far.
import type { Spent, SpentRequest } from '../../contracts/call.js'
import { readableStorageErrors } from '../storage-errors.js'
import type { CallDeps } from './deps.js'
import { spentBy } from './spent.js'

export function createSpentOn({ journal }: CallDeps) {
  return async function spentOn({ root, step, run }: SpentRequest): Promise<Spent> {
    const { lost: _, ...spent } = spentBy(run, await readableStorageErrors(() => journal.attempts(root, step)))
    return spent
  }
}
