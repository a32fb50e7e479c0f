// What a directory holds at a moment, kept beside it: a repository of our own whose work tree it is, so that what was
// there before somebody worked in it can be compared and brought back, whether or not it is a repository itself. Nothing
// is written into it, no hook, filter or configuration of it or of its user runs, and what it ignores stays out.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runGit } from './run-git.js'

/** `place`: a directory of ours, absolute. `workspace`: what is looked at, absolute. `exclude`: as in a .gitignore. */
export type Snapshots = { place: string; workspace: string; exclude?: string[] }

/** `added`, `removed`: lines; absent in what is no text. */
export type ChangedFile = { path: string; added?: number; removed?: number }
export type Changes = { diff: string; files: ChangedFile[] }

/** Whatever a repository or its user says about how files are kept, here they are kept byte by byte. */
const ATTRIBUTES = '* -filter -text -eol -ident -working-tree-encoding !diff\n'
const CONFIG = [
  'core.hooksPath=/dev/null',
  'core.autocrlf=false',
  'core.safecrlf=false',
  'core.quotePath=false',
  'gc.auto=0',
]

/** @returns the hash of what is there. Throws when a file cannot be read, or git is missing. */
export async function takeSnapshot(at: Snapshots, signal?: AbortSignal): Promise<string> {
  await makeRepository(at)
  await git(at, ['add', '--all', '--', '.'], signal)
  return (await git(at, ['write-tree'], signal)).trim()
}

/** What is there and in no snapshot, after one was taken: files and, with a slash at their end, whole directories. */
export async function leftOutOf(at: Snapshots): Promise<string[]> {
  const names = await git(at, [
    'ls-files',
    '--others',
    '--ignored',
    '--exclude-standard',
    '--directory',
    '-z',
    '--',
    '.',
  ])
  return names.split('\0').filter(Boolean)
}

/** What changed between two snapshots, renamed files as one that went and one that came. */
export async function changesBetween(at: Snapshots, from: string, to: string): Promise<Changes> {
  const plain = ['--no-ext-diff', '--no-textconv', '--no-renames', '--no-color']
  const diff = await git(at, ['diff', ...plain, from, to])
  const numbers = await git(at, ['diff', ...plain, '--numstat', '-z', from, to])
  const files = numbers
    .split('\0')
    .filter(Boolean)
    .map((line) => {
      const [added = '', removed = '', path = ''] = line.split('\t')
      return { path, ...(added !== '-' && { added: Number(added), removed: Number(removed) }) }
    })
  return { diff, files }
}

/**
 * Brings back what `to` changed since `from`; safe to repeat. What somebody changed again since `to` is left as it is.
 * @returns paths
 */
export async function restoreSnapshot(
  at: Snapshots,
  from: string,
  to: string,
): Promise<{ restored: string[]; kept: string[] }> {
  const now = await takeSnapshot(at)
  const changed = await namesBetween(at, from, to)
  const away = new Set(await namesBetween(at, from, now))
  const again = new Set(await namesBetween(at, to, now))
  const restored = changed.filter((path) => away.has(path) && !again.has(path))
  const kept = changed.filter((path) => away.has(path) && again.has(path))
  if (restored.length > 0) {
    const list = join(at.place, 'restore')
    await writeFile(list, restored.join('\0'))
    const paths = [`--pathspec-from-file=${list}`, '--pathspec-file-nul']
    await git(at, ['restore', `--source=${from}`, '--staged', '--worktree', ...paths])
  }
  return { restored, kept }
}

async function namesBetween(at: Snapshots, from: string, to: string): Promise<string[]> {
  const names = await git(at, ['diff', '--no-ext-diff', '--no-renames', '--name-only', '-z', from, to])
  return names.split('\0').filter(Boolean)
}

async function makeRepository({ place, exclude = [] }: Snapshots): Promise<void> {
  await Promise.all(['objects', 'refs', 'info'].map((name) => mkdir(join(place, name), { recursive: true })))
  await writeFile(join(place, 'HEAD'), 'ref: refs/heads/none\n')
  await writeFile(join(place, 'info', 'attributes'), ATTRIBUTES)
  await writeFile(join(place, 'info', 'exclude'), ['node_modules/', ...exclude, ''].join('\n'))
}

async function git({ place, workspace }: Snapshots, args: string[], signal?: AbortSignal): Promise<string> {
  const where = [`--git-dir=${place}`, `--work-tree=${workspace}`, '--literal-pathspecs']
  const { code, stdout, stderr } = await runGit(
    [...CONFIG.flatMap((one) => ['-c', one]), ...where, ...args],
    workspace,
    signal,
  )
  if (code !== 0) throw new Error(`git ${args[0]} in ${workspace}: ${stderr.trim() || `exit code ${code}`}`)
  return stdout
}
