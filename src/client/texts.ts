// Large texts come back as refs; people and programs want the text. What this machine's store lacks (a run of another
// machine) stays a ref and is named, rather than failing the whole result.
import { isTextRef, type Text, type TextRef } from '../contracts/refs.js'
import { StorageError, type Store } from '../storage/store.js'

/** A text, whole. Throws a StorageError where this store does not have it, or it is damaged. */
export async function wholeText(store: Store, text: Text): Promise<string> {
  return typeof text === 'string' ? text : store.text(text.ref)
}

/** `missing`: the refs that were left, because this machine's store does not have them. */
export type Resolved<T> = { value: T; missing: TextRef[] }

/** Replaces every text ref in a result by its text. `output` refs (stored JSON) become the JSON they name. */
export async function resolveTexts<T>(store: Store, value: T): Promise<Resolved<T>> {
  const missing: TextRef[] = []
  const resolve = async (at: unknown, key: string): Promise<unknown> => {
    if (isTextRef(at)) {
      const text = await ifStored(store, at)
      if (text === undefined) missing.push(at)
      return text === undefined ? at : key === 'output' ? JSON.parse(text) : text
    }
    if (key === 'output') return at // the answer's own JSON: whatever is in it is no ref of ours
    if (Array.isArray(at)) return Promise.all(at.map((inner) => resolve(inner, key)))
    if (at === null || typeof at !== 'object') return at
    const entries = Object.entries(at).map(async ([name, inner]) => [name, await resolve(inner, name)] as const)
    return Object.fromEntries(await Promise.all(entries))
  }
  return { value: (await resolve(value, '')) as T, missing }
}

async function ifStored(store: Store, { ref }: TextRef): Promise<string | undefined> {
  try {
    return await store.text(ref)
  } catch (error) {
    // A store that is not there at all is unreachable, not empty: to a reader both mean "not on this machine".
    if (error instanceof StorageError && error.kind !== 'damaged') return undefined
    throw error
  }
}
