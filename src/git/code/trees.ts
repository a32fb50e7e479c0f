// Trees and commits, read and made through a repository's objects alone.
import { git, gitText, type Place } from './git.js'
import { type Signature, variablesOf } from './identity.js'
import type { Name } from './names.js'
import type { Objects } from './objects.js'

/** A file as a tree has it: '100644', '100755' or '120000', and the blob. */
export type Entry = { mode: string; id: string }
/** `before`, `after`: absent where there is none. `added`, `removed`: lines, absent in what is no text. */
export type TreeChange = { name: Name; before?: Entry; after?: Entry; added?: number; removed?: number }

export const treeOf = (place: Place, commit: string, signal?: AbortSignal) =>
  gitText(place, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{tree}`], { signal })

/** Whether two commits hold the same. */
export async function sameTree(repository: string, one: string, other: string): Promise<boolean> {
  return (await treeOf({ repository }, one)) === (await treeOf({ repository }, other))
}

/** @returns its id: the same for the same content, parents, signature and message */
export function commitTree(
  objects: Objects,
  { tree, parents, message, ...signature }: { tree: string; parents: string[]; message: string } & Signature,
  signal?: AbortSignal,
): Promise<string> {
  const place = { ...objects, variables: { ...objects.variables, ...variablesOf(signature) } }
  const args = parents.flatMap((parent) => ['-p', parent])
  return gitText(place, ['commit-tree', ...args, tree], { signal, input: message })
}

/** What differs between two trees or commits; a renamed file as one that went and one that came. Sorted by name. */
export async function changesOf(
  place: Place,
  { from, to, count }: { from: string; to: string; count?: boolean },
  signal?: AbortSignal,
): Promise<TreeChange[]> {
  const plain = ['-r', '-z', '--raw', '--no-renames', '--no-ext-diff', '--no-textconv', '--no-abbrev']
  const args = [...plain, ...(count ? ['--numstat'] : []), '--end-of-options', from, to]
  const tokens = (await git(place, ['diff-tree', ...args], { signal })).stdout.split('\0')
  const changes = new Map<Name, TreeChange>()
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!
    if (token === '') continue
    if (token.startsWith(':')) {
      const [, modeBefore = '', modeAfter = '', before = '', after = ''] = /^:(\d+) (\d+) (\w+) (\w+)/.exec(token) ?? []
      const name = tokens[++at]!
      changes.set(name, { name, ...entry('before', modeBefore, before), ...entry('after', modeAfter, after) })
      continue
    }
    const [, added = '-', removed = '-', name = ''] = /^(\d+|-)\t(\d+|-)\t(.*)$/s.exec(token) ?? []
    const change = changes.get(name)
    if (change && added !== '-') Object.assign(change, { added: Number(added), removed: Number(removed) })
  }
  return [...changes.values()]
}

const entry = (side: 'before' | 'after', mode: string, id: string) =>
  /^0+$/.test(mode) ? {} : { [side]: { mode, id } }
