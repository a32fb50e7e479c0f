// Names at the top of a workspace that say what programs other people's tools start: git's directory and settings files.
// What is there is mounted read-only. What a command makes where nothing was is put aside before anybody runs it; it is
// not deleted, because a person may have made it meanwhile.
import { lstat, readlink, rename, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { SETTINGS_FILES } from '../workspace.js'

const RESERVED = ['.git', ...SETTINGS_FILES]

/** @returns what is done after the command: the names that were put aside, with the new ones. */
export async function keepReserved(workspace: string): Promise<() => Promise<string[]>> {
  const before = await Promise.all(RESERVED.map((name) => stateOf(join(workspace, name))))
  return async () => {
    const aside = await Promise.all(RESERVED.map((name, index) => putAside(workspace, name, before[index])))
    return aside.flatMap((one) => one ?? [])
  }
}

/** `mounted`: it cannot have been changed. A link is not followed, and can be replaced. */
type State = 'absent' | 'mounted' | { link: string }

async function stateOf(path: string): Promise<State> {
  const stat = await lstat(path).catch(absent)
  if (!stat) return 'absent'
  return stat.isSymbolicLink() ? { link: await readlink(path) } : 'mounted'
}

async function putAside(workspace: string, name: string, before: State = 'absent'): Promise<string | undefined> {
  if (before === 'mounted') return undefined
  const path = join(workspace, name)
  const now = await stateOf(path)
  const isSame = typeof before === 'object' && typeof now === 'object' && before.link === now.link
  if (now === 'absent' || isSame) return undefined
  const other = await freeName(path)
  // Another command may have put it aside already.
  if (!(await rename(path, other).then(() => true, absent))) return undefined
  if (typeof before === 'object') await symlink(before.link, path)
  return `${name} as ${other.slice(workspace.length + 1)}`
}

async function freeName(path: string): Promise<string> {
  for (let count = 1; ; count++) {
    const name = `${path}.aside-${count}`
    if (!(await lstat(name).catch(absent))) return name
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
