// `@last` is the newest run started from this data directory: one small file holds its id.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from './exit.js'

export async function rememberRun(home: string, id: string): Promise<void> {
  await mkdir(home, { recursive: true })
  await writeFile(join(home, 'last'), `${id}\n`)
}

/** The id itself, or the one `@last` stands for. Throws UsageError when no run was started from `home` yet. */
export async function resolveRun(home: string, given: string): Promise<string> {
  if (given !== '@last') return given
  try {
    return (await readFile(join(home, 'last'), 'utf8')).trim()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    throw new UsageError(`@last: no run has been started from ${home} yet`)
  }
}
