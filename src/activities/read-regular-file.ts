// A file that was found in a listing, read as it is now: what took its place since, or what cannot be read, is a reason
// to leave it out by name, never an error of the whole run.
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

type Read = { bytes: Buffer; reason?: never } | { bytes?: never; reason: string }

/** @param refusal given the file's size in bytes: why it is not read, or undefined. */
export async function readRegularFile(path: string, refusal: (size: number) => string | undefined): Promise<Read> {
  try {
    // No waiting for a pipe, and no following a link, that took the file's place since it was listed.
    const handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
    try {
      const stat = await handle.stat()
      if (!stat.isFile()) return { reason: 'no regular file any more' }
      const reason = refusal(stat.size)
      return reason === undefined ? { bytes: await handle.readFile() } : { reason }
    } finally {
      await handle.close()
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    return { reason: `cannot be read (${code})` }
  }
}

/** Undefined when the bytes are no UTF-8; a byte-order mark is no part of the text. */
export function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}
