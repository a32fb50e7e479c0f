// `calls`: what people's own workflow code asks for. The same items as `parallel`, and a text that an earlier answer left
// in storage may stand wherever a text may: it is put in here, so that it never travels through history.
import { isTextRef } from '../../contracts/refs.js'
import type { Store } from '../../storage/store.js'
import type { Draft } from './draft.js'
import { draftParallel } from './parallel.js'

/** Answers come one by one, so it is the history's 50 MiB that bounds their texts, not a result's size. */
const HISTORY_BYTES = 8 * 1024 * 1024

export async function draftCalls(store: Store, raw: unknown): Promise<Draft> {
  const draft = await draftParallel(await withTexts(store, raw))
  // What becomes of "${answer.text}" when the text was too large to be one.
  const lost = draft.calls.filter(({ call }) => JSON.stringify(call.messages).includes('[object Object]'))
  for (const { call } of lost)
    draft.warnings.push(
      `${call.id}: the prompt holds "[object Object]": a large text is a ref, give it as a prompt or block of its own`,
    )
  return { ...draft, textBytes: HISTORY_BYTES }
}

/** Where a text may stand; schemas and parameters are left alone. */
const TEXTS = new Set(['items', 'sharedSystem', 'prompt', 'system', 'messages', 'content', 'text'])

async function withTexts(store: Store, value: unknown): Promise<unknown> {
  if (isTextRef(value)) return store.text(value.ref)
  if (Array.isArray(value)) return Promise.all(value.map((entry) => withTexts(store, entry)))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(
    async ([key, entry]) => [key, TEXTS.has(key) ? await withTexts(store, entry) : entry] as const,
  )
  return Object.fromEntries(await Promise.all(entries))
}
