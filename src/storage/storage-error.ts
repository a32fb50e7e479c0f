// Callers decide by `kind` alone: a missing or damaged value is final (trying again cannot bring it back), unreachable
// storage is worth another try. Everything the file system may say is sorted into these three here and nowhere else.

export type StorageErrorKind = 'missing' | 'damaged' | 'unreachable'

/** `kind` says whether trying again can help: only 'unreachable' can; then `cause` is the file system's own error. */
export class StorageError extends Error {
  override readonly name = 'StorageError'
  constructor(
    readonly kind: StorageErrorKind,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options)
  }
}

/** Whether `error` is a file-system error with one of these codes, such as 'ENOENT'. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

/** Runs `work`; a file-system error that comes out of it becomes a StorageError of kind 'unreachable'. */
export async function reaching<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) {
      throw new StorageError('unreachable', `storage cannot be reached to ${what}: ${error.message}`, { cause: error })
    }
    throw error
  }
}

/** Resolves to undefined where the file or directory is not there. */
export async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}
