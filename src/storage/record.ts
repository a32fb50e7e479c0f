// Small JSON records on disk carry the hash of their body in the first line: a flipped bit or a half-written file is
// seen and never taken for an answer. The rest stays readable with `cat`.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { ifThere, StorageError } from './storage-error.js'

export const sha256 = (content: Uint8Array | string) => createHash('sha256').update(content).digest('hex')

/** A file name for any ids: they may hold slashes, dots or any Unicode, none of which reaches the file system. */
export const hashName = (...ids: string[]) => sha256(JSON.stringify(ids))

/** Throws a TypeError for what JSON cannot hold at the top: undefined, a function, a symbol. */
export function encodeRecord(value: unknown): string {
  const body = JSON.stringify(value)
  if (body === undefined) throw new TypeError(`a record must be JSON: got ${typeof value}`)
  return `${sha256(body)}\n${body}\n`
}

export function decodeRecord<T>(text: string, where: string): T {
  const end = text.indexOf('\n')
  const body = text.slice(end + 1, -1)
  if (end < 0 || !text.endsWith('\n') || sha256(body) !== text.slice(0, end)) {
    throw new StorageError('damaged', `the record ${where} is damaged: its content does not have the hash it names`)
  }
  return JSON.parse(body)
}

/** undefined where there is none; throws a StorageError of kind 'damaged' where it is not what was written. */
export async function readRecord<T>(path: string): Promise<T | undefined> {
  const text = await ifThere(readFile(path, 'utf8'))
  return text === undefined ? undefined : decodeRecord<T>(text, path)
}
