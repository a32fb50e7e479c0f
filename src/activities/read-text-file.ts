// A text file that a caller named: read whole, and only if it is one. A pipe would never end, and bytes that are no text
// would arrive changed.
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

/** Throws an Error that says what it is instead; file-system errors have their `code`. */
export async function readTextFile(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const stat = await file.stat()
    if (!stat.isFile()) throw new Error(stat.isDirectory() ? 'is a directory' : 'is no regular file')
    const bytes = await file.readFile()
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    } catch {
      throw new Error('is not UTF-8 text')
    }
  } finally {
    await file.close()
  }
}
