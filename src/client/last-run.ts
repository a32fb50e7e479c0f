// `@last` is the newest run started from this data directory: one small file holds its id.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InvalidInputError } from './errors.js'

export async function rememberRun(home: string, id: string): Promise<void> {
  await mkdir(home, { recursive: true })
  await writeFile(join(home, 'last'), `${id}\n`)
}

/** The id itself, or the one `@last` stands for. Throws InvalidInputError for none, and when none was started from `home` yet. */
export async function resolveRun(home: string, given: string): Promise<string> {
  if (given === '') throw new InvalidInputError('run: got nothing; wanted its id, or @last')
  if (given !== '@last') return given
  const id = await lastRun(home)
  if (!id) throw new InvalidInputError(`@last: no run has been started from ${home} yet`)
  return id
}

async function lastRun(home: string): Promise<string | undefined> {
  try {
    return (await readFile(join(home, 'last'), 'utf8')).trim()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    return undefined
  }
}
