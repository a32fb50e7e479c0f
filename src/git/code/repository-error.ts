// Why nothing can be done in a repository, in one line for people: what was got, what is wanted.

export class RepositoryError extends Error {}

const OF_THE_DISK: Record<string, string> = {
  ENOSPC: 'the disk is full: wanted room for its files',
  EDQUOT: 'the quota of the disk is used up: wanted room for its files',
  EROFS: 'the disk is read-only: wanted one that can be written',
  EACCES: 'no permission: wanted to read and write there',
  EPERM: 'not permitted: wanted to read and write there',
  EIO: 'the disk fails',
  EFBIG: 'no file may become that big: wanted room for its files',
  ENOTDIR: 'a file is where a directory has to be: wanted a free place',
}

/** What a disk refuses is for people too. @throws RepositoryError for that; else what `work` throws */
export async function onDisk<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Error) || error instanceof RepositoryError) throw error
    const { code = '', path } = error as NodeJS.ErrnoException
    const why = OF_THE_DISK[code]
    throw why === undefined ? error : new RepositoryError(`${path ?? 'the repository'}: ${why}`, { cause: error })
  }
}
