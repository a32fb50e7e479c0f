// Where large values live: texts, bytes and small named notes of a run, so that Temporal's history holds refs and never
// bulk. A directory on one machine or on a file system that several share; safe for several processes at once.
import { blobs, encodeText, type Ref, refOf } from './blobs.js'
import { type Collected, type CollectOptions, collect } from './gc.js'
import { listRoots, type Root, rootDirectories } from './root-directory.js'
import { reaching, StorageError } from './storage-error.js'

export type { Ref } from './blobs.js'
export type { Root } from './root-directory.js'
export { StorageError } from './storage-error.js'

/** Every method may throw a StorageError of kind 'unreachable', which is worth another try. */
export interface Store {
  /**
   * Keeps the content and that `root` names it; durable when it resolves, and the same ref for the same content. Strings
   * are kept as UTF-8; one with half a surrogate pair is refused with a TypeError.
   */
  put(root: Root, content: Uint8Array | string): Promise<Ref>
  /** Throws a StorageError of kind 'missing' or 'damaged' (both final) where the content is not what was put. */
  get(ref: Ref): Promise<Uint8Array>
  /** As `get`; also 'damaged' where the content is no UTF-8. */
  text(ref: Ref): Promise<string>
  /** A small JSON record of a root under a name; the last one written stays. Durable when it resolves. */
  note(root: Root, name: string, value: unknown): Promise<void>
  /** What was noted, or undefined. */
  read(root: Root, name: string): Promise<unknown>
  /** A directory of the root's own, made if need be, for files that another program keeps; goes with the root. */
  place(root: Root, name: string): Promise<string>
  roots(): Promise<Root[]>
  /**
   * Removes every root that `keep` disowns, with its notes and its journal, and every blob that no remaining root names.
   * What was touched in the last `graceMs` (default one hour) stays. Says what was removed; `bytes` are those of blobs.
   */
  gc(keep: (root: Root) => boolean | Promise<boolean>, options?: CollectOptions): Promise<Collected>
}

/** `dir` is made when first written to. A journal opened on the same `dir` is collected with its roots. */
export function directoryStore(dir: string): Store {
  const content = blobs(dir)
  const roots = rootDirectories(dir)
  const get = (ref: Ref) => reaching(`get ${ref}`, () => content.read(ref))
  return {
    async put(root, given) {
      const bytes = typeof given === 'string' ? encodeText(given) : given
      const ref = refOf(bytes)
      // Named first: a collector that finds the blob old must also find its name.
      await reaching(`put ${ref}`, () => roots.name(root, ref).then(() => content.write(ref, bytes)))
      return ref
    },
    get,
    async text(ref) {
      return decodeText(await get(ref), ref)
    },
    note: (root, name, value) => reaching(`note ${name}`, () => roots.note(root, name, value)),
    read: (root, name) => reaching(`read ${name}`, () => roots.read(root, name)),
    place: (root, name) => reaching(`make a place for ${name}`, () => roots.place(root, name)),
    roots: () =>
      reaching('list its roots', async () => {
        const found: Root[] = []
        for await (const { root } of listRoots(dir)) found.push(root)
        return found
      }),
    gc: (keep, options) => reaching('collect garbage', () => collect(dir, keep, options)),
  }
}

function decodeText(bytes: Uint8Array, ref: Ref): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new StorageError('damaged', `${ref} holds ${bytes.byteLength} bytes that are not UTF-8 text`, { cause })
  }
}
