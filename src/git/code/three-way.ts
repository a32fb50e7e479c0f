// Three trees become one, in memory: what `theirs` changed since `base`, done to `ours`. git takes the merge base from
// history, so history is made: two commits with the base as their parent, which nothing keeps.
import { conflictText } from './conflict-text.js'
import { git } from './git.js'
import { type Name, shown } from './names.js'
import type { Objects } from './objects.js'
import { commitTree } from './trees.js'

/** Ids of trees. */
export type ThreeTrees = { base: string; ours: string; theirs: string }
/** Commits that stand for trees, for as long as many merges are made; by what they are made of. */
export type Stands = Map<string, Promise<string>>
/** `files`: sorted. `text`: the conflicts, for people. */
export type Conflict = { kind: 'conflict'; files: string[]; text: string }
export type Merged = { kind: 'clean'; tree: string } | Conflict

const NOBODY = { date: '2000-01-01T00:00:00Z', identity: { name: 'none', email: 'none' }, message: '' }

export async function mergeTrees(
  objects: Objects,
  { base, ours, theirs, stands = new Map() }: ThreeTrees & { stands?: Stands },
  signal?: AbortSignal,
): Promise<Merged> {
  if (theirs === base || theirs === ours) return { kind: 'clean', tree: ours }
  if (ours === base) return { kind: 'clean', tree: theirs }
  const commit = (tree: string, parents: string[]) => {
    const of = [tree, ...parents].join(' ')
    const made = stands.get(of) ?? commitTree(objects, { ...NOBODY, tree, parents }, signal)
    stands.set(of, made)
    return made
  }
  const root = await commit(base, [])
  const [one, other] = await Promise.all([commit(ours, [root]), commit(theirs, [root])])
  const { code, stdout } = await git(objects, ['merge-tree', '--write-tree', '-z', '--messages', one, other], {
    signal,
    ok: [0, 1],
  })
  const tokens = stdout.split('\0')
  const tree = tokens[0]!
  if (code === 0) return { kind: 'clean', tree }
  const end = tokens.indexOf('', 1)
  const names = new Set<Name>(tokens.slice(1, end).map((token) => token.slice(token.indexOf('\t') + 1)))
  const said = messages(tokens.slice(end + 1)).map((line) =>
    line.replaceAll(one, 'the branch').replaceAll(other, 'this work'),
  )
  return {
    kind: 'conflict',
    files: [...names].map(shown).sort(),
    text: await conflictText(objects, { tree, names, messages: said }, signal),
  }
}

/** Each is: how many paths, the paths, a kind, the text. */
function messages(tokens: string[]): string[] {
  const found: string[] = []
  for (let at = 0; at < tokens.length && tokens[at] !== ''; ) {
    const paths = Number(tokens[at])
    const text = tokens[at + paths + 2] ?? ''
    if (text.startsWith('CONFLICT')) found.push(shown(text).trim())
    at += paths + 3
  }
  return found
}
