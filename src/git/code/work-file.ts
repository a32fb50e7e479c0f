// A changed file as people are told of it. Of its name every character is shown that can be.
import { shown } from './names.js'
import type { TreeChange } from './trees.js'

/** `added`, `removed`: lines; absent in what is no text. */
export type WorkFile = { path: string; change: 'created' | 'changed' | 'deleted'; added?: number; removed?: number }

export function fileOf({ name, before, after, added, removed }: TreeChange): WorkFile {
  const change = before === undefined ? 'created' : after === undefined ? 'deleted' : 'changed'
  return { path: shown(name), change, ...(added !== undefined && { added, removed }) }
}
