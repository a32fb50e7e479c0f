// A commit made as its user would make it, when asked for: in a work tree of its own, with the repository's hooks,
// filters, configuration and signing. The hooks are those of the repository, not those an agent left in its work.
import { isAbsolute, join } from 'node:path'
import { runGit } from '../run-git.js'
import { git, gitText } from './git.js'
import { type Signature, variablesOf } from './identity.js'
import { addWorktree, removeWorktree } from './worktree.js'

/** `path`: a work tree at the newest commit. */
export type Hooked = { path: string; settings: string[] }

const MOST_OUTPUT = 8_000

export async function openHooked(
  { repository, path, onto }: { repository: string; path: string; onto: string },
  signal?: AbortSignal,
): Promise<Hooked> {
  await removeWorktree({ repository, path })
  await addWorktree({ repository, path, commit: onto }, signal)
  const found = await git({ repository }, ['config', '--type=path', '--get', 'core.hooksPath'], {
    ok: [0, 1],
    signal,
    ownHooks: true,
  })
  const hooksPath = Buffer.from(found.stdout, 'latin1').toString().replace(/\n$/, '')
  const top = await gitText({ repository }, ['rev-parse', '--show-toplevel'], { signal })
  // Relative to the work tree a hook runs in, and there it could be an agent's.
  const anchored = hooksPath !== '' && !isAbsolute(hooksPath) ? [`core.hooksPath=${join(top, hooksPath)}`] : []
  return { path, settings: [...anchored, 'gc.auto=0', 'maintenance.auto=false'].flatMap((one) => ['-c', one]) }
}

/** `output`: of what refused the commit, its end. */
export async function hookedCommit(
  { path, settings }: Hooked,
  { tree, message, ...signature }: { tree: string; message: string } & Signature,
  signal?: AbortSignal,
): Promise<{ commit: string } | { output: string }> {
  const place = { repository: path }
  await git(place, ['read-tree', '--reset', '-u', tree], { signal })
  const args = [...settings, 'commit', '--quiet', '--allow-empty', '--cleanup=verbatim', '--file=-']
  const made = await runGit(args, path, signal, { variables: variablesOf(signature), input: message })
  if (made.code !== 0) return { output: `${made.stdout}${made.stderr}`.trim().slice(-MOST_OUTPUT) }
  return { commit: await gitText(place, ['rev-parse', '--verify', 'HEAD'], { signal }) }
}
