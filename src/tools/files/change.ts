// How a file tool changes a file: read as it is, made into what it shall be, noted, replaced; and, after a crash, asked
// whether that happened.
import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import { join } from 'node:path'
import { orRefused, ToolRefusal } from '../refusal.js'
import type { ToolOutput } from '../tool.js'
import { locate, type Place, show } from '../workspace.js'
import { type Directory, entry, inDirectoryOf, openRegular, refuseOther } from './anchored.js'
import { type Fingerprint, fingerprint } from './changes.js'
import { replaceFile, statOf } from './replace.js'
import { type FileSettings, workspaceOf } from './settings.js'
import { readText } from './text.js'

type Asked = { settings: FileSettings; cwd: string | undefined; key: string; file: string }
type Changing = Asked & {
  /** A file that is not there yet is made, with its directories; its text before is ''. */
  make: boolean
  owns: string[] | undefined
  content(before: string): { content: string; said: string }
}

export function change({ settings, cwd, key, file, make, owns, content }: Changing): Promise<ToolOutput> {
  return orRefused(file, async () => {
    const place = await locate(workspaceOf(cwd, settings, owns), file, 'write')
    const path = pathOf(place)
    return settings.changes.alone(path, () =>
      inDirectoryOf(place, { make }, async (directory, name) => {
        const expected = await statOf(entry(directory, name))
        if (expected) refuseOther(expected, file)
        else if (!make) throw new ToolRefusal(`${show(file)} does not exist`)
        // A whole file takes the place of anything, also of what is no text.
        const before = make ? '' : await textOf(directory, name, file)
        const next = content(before)
        const ready = async () =>
          settings.changes.note(path, {
            key,
            before: make ? await fingerprintOf(directory, name, file, expected) : fingerprint(before),
            after: fingerprint(next.content),
          })
        await replaceFile({ directory, name, shown: file, content: next.content, key, expected, ready })
        return next.said
      }),
    )
  })
}

/** What `run` would have said, if an earlier attempt with this key made the change; undefined: it did not. */
export async function changed({
  settings,
  cwd,
  key,
  file,
  said,
}: Asked & { said: string }): Promise<ToolOutput | undefined> {
  const place = await locate(workspaceOf(cwd, settings), file, 'write').catch(refused)
  if (!place) return undefined
  const now = await inDirectoryOf(place, { make: false }, async (directory, name) =>
    fingerprintOf(directory, name, file, await statOf(entry(directory, name))),
  ).catch(gone)
  return (await settings.changes.happened(pathOf(place), key, now)) ? said : undefined
}

const pathOf = ({ root, parts }: Place) => join(root, ...parts)

async function textOf(directory: Directory, name: string, file: string): Promise<string> {
  const handle = await openRegular(directory, name, file)
  try {
    return await readText(handle, file)
  } finally {
    await handle.close()
  }
}

async function fingerprintOf(
  directory: Directory,
  name: string,
  file: string,
  stat: Stats | null,
): Promise<Fingerprint> {
  if (!stat) return null
  const handle = await openRegular(directory, name, file)
  const hash = createHash('sha256')
  // Reading to its end closes it.
  for await (const chunk of handle.createReadStream()) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** What may not be written now was not written. */
function refused(error: unknown): undefined {
  if (!(error instanceof ToolRefusal)) throw error
}

/** Its directory is gone, and the file with it. */
function gone(error: NodeJS.ErrnoException): null {
  if (error.code !== 'ENOENT') throw error
  return null
}
