// Storage that cannot be reached is waited for; a text that is gone or damaged is a failure of the call that needs it,
// never a run that hangs.
import { ApplicationFailure } from '@temporalio/activity'
import { FAILURE } from '../contracts/failures.js'
import { StorageError } from '../storage/storage-error.js'

const TYPES = {
  missing: FAILURE.blobMissing,
  damaged: FAILURE.blobDamaged,
  unreachable: FAILURE.storageUnreachable,
} as const

export async function readableStorageErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    throw ApplicationFailure.create({
      type: TYPES[error.kind],
      message: error.message,
      nonRetryable: error.kind !== 'unreachable',
    })
  }
}
