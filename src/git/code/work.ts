// What an agent did in its work tree, as a commit on the state it started from. The commit holds exactly what the agent
// owns, byte by byte; what it changed besides is named and left behind. Nothing the agent wrote runs or decides here: no
// hook, filter, attribute, configuration or index of its work tree.
import { realpath } from 'node:fs/promises'
import { git, gitText, mustBeId } from './git.js'
import type { Identity } from './identity.js'
import { listed, type Name, shown } from './names.js'
import { type Objects, withObjects } from './objects.js'
import { type Owned, ownedBy } from './owned.js'
import { keep, mustBeOurs } from './refs.js'
import { type Touched, touchedFiles } from './touched.js'
import { changesOf, commitTree, treeOf } from './trees.js'
import { fileOf, type WorkFile } from './work-file.js'

export { type Identity, identityOf } from './identity.js'

/** `commit`: on the base, or the base itself when nothing owned changed. `outside`: changed, not owned, not in it. */
export type Work = { commit: string; files: WorkFile[]; outside: string[] }

type Collecting = {
  repository: string
  path: string
  base: string
  owned: string[]
  ref: string
  message: string
  date: string
  identity: Identity
}

/** `ref` (refs/ensemble/…) keeps the commit. The same content, date and identity give the same commit. */
export async function collectWork(at: Collecting, signal?: AbortSignal): Promise<Work> {
  mustBeId(at.base)
  mustBeOurs(at.ref)
  const owned = ownedBy(at.owned)
  const [repository, path] = await Promise.all([
    gitText(at, ['rev-parse', '--show-toplevel'], { signal }),
    realpath(at.path),
  ])
  return withObjects({ repository, workTree: path, signal }, async (objects) => {
    const touched = await touchedFiles(objects, { repository, path, base: at.base, owned }, signal)
    const { inside, outside } = divide(touched, owned)
    const { base, message, date, identity } = at
    const [tree, before] = await Promise.all([store(objects, inside, signal), treeOf(objects, base, signal)])
    const same = tree === before
    const commit = same ? base : await commitTree(objects, { tree, parents: [base], message, date, identity }, signal)
    const [changes] = await Promise.all([
      same ? [] : changesOf(objects, { from: base, to: commit, count: true }, signal),
      keep(repository, at.ref, commit, signal),
    ])
    return { commit, files: changes.map(fileOf), outside: outside.map(({ name }) => shown(name)) }
  })
}

/** A file that is owned but stands where something not owned has to go first is outside too. */
function divide(touched: Touched[], owned: Owned): { inside: Touched[]; outside: Touched[] } {
  const away = touched.filter(({ name, present }) => !present && !owned.has(name)).map(({ name }) => name)
  const stands = (name: Name) => away.some((other) => name.startsWith(`${other}/`) || other.startsWith(`${name}/`))
  const isInside = ({ name, present }: Touched) => owned.has(name) && !(present && stands(name))
  return { inside: touched.filter(isInside), outside: touched.filter((one) => !isInside(one)) }
}

/** The index holds the base. What went goes first: a file may have become a directory. */
async function store(objects: Objects, inside: Touched[], signal?: AbortSignal): Promise<string> {
  const update = async (args: string[], present: boolean) => {
    const names = inside.flatMap((one) => (one.present === present ? [one.name] : []))
    if (names.length === 0) return
    await git(objects, ['update-index', ...args, '-z', '--stdin'], { signal, input: listed(names) })
  }
  await update(['--force-remove'], false)
  await update(['--add', '--remove'], true)
  return gitText(objects, ['write-tree'], { signal })
}
