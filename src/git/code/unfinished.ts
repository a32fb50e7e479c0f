// What git is in the middle of in a work tree, by the files it leaves there.
import { access } from 'node:fs/promises'
import { join } from 'node:path'

const UNFINISHED: [file: string, what: string][] = [
  ['MERGE_HEAD', 'a merge'],
  ['rebase-merge', 'a rebase'],
  ['rebase-apply', 'a rebase or git am'],
  ['CHERRY_PICK_HEAD', 'a cherry-pick'],
  ['REVERT_HEAD', 'a revert'],
  ['BISECT_LOG', 'a bisect'],
  ['sequencer', 'a cherry-pick or revert'],
]

export async function unfinishedIn(gitDirectory: string): Promise<string | undefined> {
  for (const [file, what] of UNFINISHED) if (await exists(join(gitDirectory, file))) return what
  return undefined
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )
