// The user's index, after a move: a copy in which the entries that were the old ones are the new ones, and everything
// else, what the user staged included, is as it was.
import { copyFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { git } from './git.js'
import type { Name } from './names.js'
import type { Staging } from './staging.js'
import type { Entry, TreeChange } from './trees.js'

/** `other`: names whose entries are somebody's own. `install`: the files are there now. */
export type MovedIndex = { other: Set<Name>; install(): Promise<void> }

/** The lock of the index is held. */
export async function moveIndex(
  { gitDirectory, staging, changes }: { gitDirectory: string; staging: Staging; changes: TreeChange[] },
  signal?: AbortSignal,
): Promise<MovedIndex> {
  const index = join(gitDirectory, 'index')
  const copy = join(staging.directory, 'index')
  await copyIfThere(index, copy)
  const place = { ...staging.git, variables: { ...staging.git.variables, GIT_INDEX_FILE: copy } }
  const { stdout } = await git(place, ['ls-files', '-t', '--stage', '-z'], { signal })
  const entries = entriesOf(stdout, new Set(changes.map(({ name }) => name)))
  const isOld = ({ name, before }: TreeChange) => isEntry(entries.get(name), before)
  const other = changes.filter((one) => !isOld(one) && !isEntry(entries.get(one.name), one.after))
  await git(place, ['update-index', '-z', '--index-info'], {
    signal,
    input: Buffer.from(lines(changes.filter(isOld)), 'latin1'),
  })
  return {
    other: new Set(other.map(({ name }) => name)),
    async install() {
      // Only for speed: what cannot be refreshed is looked at by the user's next git.
      await git(place, ['update-index', '-q', '--refresh'], { ok: [0, 1, 128] })
      await rename(copy, index)
    },
  }
}

/** `H`: an entry like most; others are conflicts, or files the user keeps out of the work tree. */
function entriesOf(output: string, wanted: Set<Name>): Map<Name, Entry | 'special'> {
  const entries = new Map<Name, Entry | 'special'>()
  for (const line of output.split('\0')) {
    const name = line.slice(line.indexOf('\t') + 1)
    if (!wanted.has(name)) continue
    const [, mode = '', id = ''] = /^H (\d+) (\w+) 0\t/.exec(line) ?? []
    entries.set(name, mode === '' ? 'special' : { mode, id })
  }
  return entries
}

const isEntry = (entry: Entry | 'special' | undefined, wanted: Entry | undefined) =>
  entry === 'special' || entry === undefined || wanted === undefined
    ? entry === wanted
    : entry.mode === wanted.mode && entry.id === wanted.id

/** What goes comes first: a file may become a directory. */
function lines(changes: TreeChange[]): string {
  const gone = changes.flatMap(({ name, before, after }) =>
    before && !after ? [`0 ${'0'.repeat(before.id.length)}\t${name}\0`] : [],
  )
  const there = changes.flatMap(({ name, after }) => (after ? [`${after.mode} ${after.id}\t${name}\0`] : []))
  return [...gone, ...there].join('')
}

async function copyIfThere(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
