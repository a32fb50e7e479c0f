// Content under its own hash: equal texts are one file, and what comes back is what went in or an error. Garbage
// collection may run beside all of this (see gc.ts): `write` first makes an existing file young, then looks whether it
// is still there; `read` also looks where a collector sets files aside.
import { mkdir, readFile, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { directorySync, placeFile } from './durable-file.js'
import { sha256 } from './record.js'
import { hasCode, ifThere, StorageError } from './storage-error.js'

/** 'sha256:<64 hex>' */
export type Ref = string

export const refOf = (bytes: Uint8Array): Ref => `sha256:${sha256(bytes)}`

/** Where a collector sets a blob aside before it decides; the name is the blob's own plus this. */
export const ASIDE = '.aside'

const REMEMBERED = 10_000 // blobs known to be flushed: a forgotten one costs one flush more

export function blobPath(dir: string, ref: Ref): string {
  const hash = /^sha256:([0-9a-f]{64})$/.exec(ref)?.[1]
  if (!hash) throw new StorageError('missing', `no such ref: got ${JSON.stringify(ref)}, wanted sha256:<64 hex digits>`)
  return join(dir, 'blobs', hash.slice(0, 2), hash.slice(2))
}

/** UTF-8, refusing what UTF-8 cannot hold instead of storing something else. */
export function encodeText(text: string): Uint8Array {
  const lone = /\p{Surrogate}/u.exec(text)
  if (lone) {
    const code = lone[0].charCodeAt(0).toString(16).toUpperCase()
    throw new TypeError(`text has half a surrogate pair, U+${code}, at index ${lone.index}: wanted well-formed Unicode`)
  }
  return Buffer.from(text, 'utf8')
}

export function blobs(dir: string) {
  const sync = directorySync()
  const writing = new Map<Ref, Promise<void>>()
  const flushed = new Set<Ref>()
  const folders = new Set<string>()

  const writeOnce = async (ref: Ref, bytes: Uint8Array): Promise<void> => {
    const path = blobPath(dir, ref)
    const folder = join(path, '..')
    if (await refresh(path, bytes.byteLength)) {
      if (flushed.has(ref)) return
    } else {
      await place(path, bytes)
    }
    // Also for another process's blob: it may have died before its own flush.
    await sync(folder)
    if (!folders.has(folder)) for (const parent of [join(dir, 'blobs'), dir]) await sync(parent)
    folders.add(folder)
    if (flushed.size >= REMEMBERED) flushed.clear()
    flushed.add(ref)
  }

  return {
    /** Durable when it resolves; concurrent writes of the same content are one. */
    write(ref: Ref, bytes: Uint8Array): Promise<void> {
      const running = writing.get(ref)
      if (running) return running
      const done = writeOnce(ref, bytes).finally(() => writing.delete(ref))
      writing.set(ref, done)
      return done
    },
    async read(ref: Ref): Promise<Uint8Array> {
      const path = blobPath(dir, ref)
      for (const place of [path, path + ASIDE, path]) {
        const bytes = await ifThere(readFile(place))
        if (!bytes) continue
        if (refOf(bytes) === ref) return bytes
        throw new StorageError('damaged', `${ref} is damaged: the stored bytes have the hash ${refOf(bytes)}`)
      }
      await stat(dir) // a store that is not there at all is out of reach, not empty
      throw new StorageError('missing', `${ref} is missing from the store`)
    },
  }
}

/** Makes an existing blob young; false when there is none, or one of another size (a damaged one, to be replaced). */
async function refresh(path: string, size: number): Promise<boolean> {
  const now = new Date()
  if ((await ifThere(utimes(path, now, now).then(() => true))) === undefined) return false
  return (await ifThere(stat(path)))?.size === size
}

async function place(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await placeFile(path, bytes, { exclusive: false, sync: true })
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
    await mkdir(join(path, '..'), { recursive: true })
    await placeFile(path, bytes, { exclusive: false, sync: true })
  }
}
