// Text of a file, as far as a model can use it: UTF-8 without NUL, in bounded memory however large the file is.
import type { FileHandle } from 'node:fs/promises'
import { ToolRefusal } from '../refusal.js'
import { show } from '../workspace.js'

/** Bytes of a file that is edited or searched as a whole. */
export const MAX_FILE_BYTES = 10 * 1024 * 1024

/** @throws ToolRefusal when it is no UTF-8 text, or too large */
export async function readText(handle: FileHandle, shown: string): Promise<string> {
  const { size } = await handle.stat()
  if (size > MAX_FILE_BYTES)
    throw new ToolRefusal(`${show(shown)} has ${size} bytes: at most ${MAX_FILE_BYTES} are read`)
  const bytes = Buffer.alloc(size)
  const length = await fill(handle, bytes)
  return textOf(bytes.subarray(0, length), shown)
}

export function textOf(bytes: Buffer, shown: string): string {
  if (bytes.includes(0)) throw binary(shown)
  try {
    // A byte-order mark is kept: a file that is edited must not lose it.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) throw binary(shown)
    throw error
  }
}

export function binary(shown: string): ToolRefusal {
  return new ToolRefusal(`${show(shown)} is no UTF-8 text: only text files can be read and edited`)
}

/** Reads until the buffer is full or the file ends: a file that grows meanwhile is not followed. */
async function fill(handle: FileHandle, bytes: Buffer): Promise<number> {
  let length = 0
  while (length < bytes.length) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return length
}
