// Requests are stored in pages: two thousand items are forty refs in history, and a worker reads each page once.
import type { PlannedItem } from '../../contracts/plan.js'
import type { Ref, Root } from '../../contracts/refs.js'
import type { Usd } from '../../contracts/usage.js'
import type { Store } from '../../storage/store.js'
import type { StoredCall } from '../call/request.js'
import type { DraftCall } from './draft.js'

const ITEMS = 50
const BYTES = 1024 * 1024

export async function storePages(
  store: Store,
  root: Root,
  calls: DraftCall[],
  timeoutSeconds: number | undefined,
  /** With a budget. */
  worst?: (call: StoredCall, index: number) => Usd,
): Promise<{ pages: Ref[]; items: PlannedItem[] }> {
  const pages: string[][] = []
  const items: PlannedItem[] = []
  let bytes = 0
  for (const [at, { call, shared }] of calls.entries()) {
    const json = JSON.stringify(call)
    let page = pages.at(-1)
    if (!page || page.length === ITEMS || bytes + json.length > BYTES) {
      page = []
      pages.push(page)
      bytes = 0
    }
    const timeout = timeoutSeconds ?? (call.maxTokens > 16_000 ? 900 : 300)
    items.push({
      id: call.id,
      model: call.model,
      page: pages.length - 1,
      index: page.length,
      ...(shared !== undefined && { shared }),
      ...(timeout !== 300 && { timeoutSeconds: timeout }),
      ...(worst && { worstUsd: worst(call, at) }),
    })
    page.push(json)
    bytes += json.length
  }
  return { pages: await Promise.all(pages.map((page) => store.put(root, `[${page.join(',')}]`))), items }
}

export async function loadPages(store: Store, pages: Ref[]): Promise<StoredCall[][]> {
  return Promise.all(pages.map(async (ref) => JSON.parse(await store.text(ref)) as StoredCall[]))
}
