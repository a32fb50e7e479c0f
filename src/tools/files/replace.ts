// A file gets its new content in one step: written beside it, synced, renamed over it. Half of it is never seen, a hard
// link to elsewhere keeps the old content, and what was changed by somebody else in the meantime is not lost.

import { createHash } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { lstat, open, rename, rm } from 'node:fs/promises'
import { ToolRefusal } from '../refusal.js'
import { show } from '../workspace.js'
import { type Directory, entry, refuseOther } from './anchored.js'

export type Replacement = {
  directory: Directory
  name: string
  shown: string
  content: string
  /** Names the file it is written to first: what a dead attempt left there is taken over. */
  key: string
  /** What was read before, for a content made of it; null: nothing was there. */
  expected: Stats | null
  /** Called when nothing but the renaming is left to do. */
  ready(): Promise<void>
}

/** @throws ToolRefusal when the file is another one than was read */
export async function replaceFile(change: Replacement): Promise<void> {
  const { directory, name, shown, content, key, expected } = change
  const path = entry(directory, name)
  const fresh = entry(directory, `.ensemble-${createHash('sha256').update(key).digest('hex').slice(0, 24)}.tmp`)
  await rm(fresh, { force: true })
  try {
    // Created, never opened: a link of that name is no file to write through.
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)
    const handle = await open(fresh, flags, 0o666)
    try {
      if (expected) await handle.chmod(expected.mode & 0o7777)
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await change.ready()
    const now = await statOf(path)
    if (now) refuseOther(now, shown)
    if (!same(now, expected))
      throw new ToolRefusal(`${show(shown)} was changed by somebody else meanwhile: read it again`)
    await rename(fresh, path)
    await directory.handle.sync()
  } finally {
    await rm(fresh, { force: true })
  }
}

/** Of what is there itself, never of what a link points to; null: nothing. */
export async function statOf(path: string): Promise<Stats | null> {
  return lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
}

function same(now: Stats | null, expected: Stats | null): boolean {
  if (!now || !expected) return now === expected
  return now.ino === expected.ino && now.size === expected.size && now.mtimeMs === expected.mtimeMs
}
