// Outcomes of a large fan-out wait in storage while the run continues as new: refs travel, not texts.
import type { KeepOutcomes } from '../contracts/continuation.js'
import type { ItemResult } from '../contracts/outcome.js'
import type { Ref } from '../contracts/refs.js'
import type { CallDeps } from './call/deps.js'
import { readableStorageErrors } from './storage-errors.js'

export function createKeepOutcomes({ store }: CallDeps) {
  return async function keepOutcomes({ root, outcomes }: KeepOutcomes): Promise<Ref> {
    return readableStorageErrors(() => store.put(root, JSON.stringify(outcomes)))
  }
}

export function createRecallOutcomes({ store }: CallDeps) {
  return async function recallOutcomes({ refs }: { refs: Ref[] }): Promise<ItemResult[]> {
    const parts = await readableStorageErrors(() => Promise.all(refs.map((ref) => store.text(ref))))
    return parts.flatMap((part) => JSON.parse(part) as ItemResult[])
  }
}
