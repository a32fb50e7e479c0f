// A file appears whole or not at all: it is written under a passing name beside its place and then linked (the first
// one wins) or renamed (the last one wins). Passing names begin with a dot, so no reader takes them for a record; what
// a crash leaves of them goes with its directory or with `gc`.
import { randomBytes } from 'node:crypto'
import { link, open, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { batched } from './batched.js'
import { ifThere } from './storage-error.js'

/** `exclusive`: rejects with EEXIST if the place is taken, else replaces. `sync`: the content is on disk first. */
export type Placing = { exclusive: boolean; sync: boolean }

export const passingName = (suffix: string) => `.${randomBytes(9).toString('hex')}.${suffix}`

/** The directory's own entry is not flushed: see `directorySync`. */
export async function placeFile(path: string, content: Uint8Array | string, placing: Placing): Promise<void> {
  const temporary = join(dirname(path), passingName('tmp'))
  const file = await open(temporary, 'wx', 0o600)
  try {
    try {
      await file.writeFile(content)
      if (placing.sync) await file.sync()
    } finally {
      await file.close()
    }
    if (!placing.exclusive) return await rename(temporary, path)
    await link(temporary, path)
  } catch (error) {
    await ifThere(unlink(temporary))
    throw error
  }
  await ifThere(unlink(temporary))
}

/** Flushes the entries of a directory; concurrent callers share flushes. */
export function directorySync(): (path: string) => Promise<void> {
  const sync = batched<undefined>(async (path) => {
    const directory = await open(path, 'r')
    try {
      await directory.sync()
    } finally {
      await directory.close()
    }
  })
  return (path) => sync(path, undefined)
}
