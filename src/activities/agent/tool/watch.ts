// A command can write anything in its workspace. In an agent that owns files, what it does to others' is put back when it
// has ended, however it ended. Commands at the same time share one state of before; that of a worker that died is put
// back before the next command of this agent begins.
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { canWatch, takeBefore } from '../../../git/watch/before.js'
import { putBack } from '../../../git/watch/put-back.js'
import type { Watched } from '../../../git/watch/watched.js'
import { isDead, ownIdentity, type ProcessIdentity } from '../../../storage/process-identity.js'
import { isOwned } from '../../../tools/owned.js'
import { dataDirectoryIn } from '../../data-directory.js'

export type Watch = {
  /** The names of what was put back. */
  end(): Promise<string[]>
}

export type Watching = {
  workspace: string
  owns: string[]
  /** A directory of this run's, in the store. */
  place: string
  locked<T>(path: string, work: () => Promise<T>): Promise<T>
}

/** undefined: the workspace is in no git work tree, so nobody can tell what a command does. */
export async function beginWatch({ workspace, owns, place, locked }: Watching): Promise<Watch | undefined> {
  if (!(await canWatch(workspace))) return undefined
  const own = ownIdentity()
  // Another machine's directory of the same name is another one.
  const name = createHash('sha256')
    .update(JSON.stringify([own.machine, workspace, owns]))
    .digest('hex')
    .slice(0, 32)
  const home = dataDirectoryIn(workspace, place)
  const watched: Watched = {
    workspace,
    place: join(place, name),
    isOwned: (path) => isOwned(owns, path),
    exclude: home === undefined ? [] : [join(workspace, home)],
  }
  const holders = join(watched.place, 'holders')
  const holder = join(holders, randomUUID())
  await mkdir(place, { recursive: true })
  const alone = <T>(work: () => Promise<T>) => locked(watched.place, work)
  await alone(async () => {
    if ((await livingHolders(holders, own)) === 0) {
      await putBack(watched)
      await rm(watched.place, { recursive: true, force: true })
      await takeBefore(watched)
    }
    await mkdir(holders, { recursive: true })
    await writeFile(holder, JSON.stringify(own))
  })
  return {
    end: () =>
      alone(async () => {
        const names = await putBack(watched)
        await rm(holder, { force: true })
        if ((await livingHolders(holders, own)) === 0) await rm(watched.place, { recursive: true, force: true })
        return names
      }),
  }
}

async function livingHolders(holders: string, own: ProcessIdentity): Promise<number> {
  const names = await readdir(holders).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return []
  })
  let living = 0
  for (const name of names) {
    const text = await readFile(join(holders, name), 'utf8')
    // Half a note: its process died while it wrote it.
    if (text.endsWith('}') && !isDead(JSON.parse(text) as ProcessIdentity, own)) living += 1
    else await rm(join(holders, name), { force: true })
  }
  return living
}
