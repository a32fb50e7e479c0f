// What file tools have changed, kept outside the workspace: before a file is renamed into place a line says which call
// does it and what the content was and becomes. After a crash that tells whether it happened, also when the next change
// of the same file came since, so that no edit is made twice and no write undoes a later one.
import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** SHA-256 of the content; null: no such file. */
export type Fingerprint = string | null
export type Change = { key: string; before: Fingerprint; after: Fingerprint }

export type Changes = {
  note(path: string, change: Change): Promise<void>
  /** @throws when somebody else changed the file since, so that nobody can tell */
  happened(path: string, key: string, now: Fingerprint): Promise<boolean>
  /** One change of a file at a time. */
  alone<T>(path: string, work: () => Promise<T>): Promise<T>
}

const DAY = 86_400_000
/** Long after the last attempt of any call. */
const KEPT = 30 * DAY

export const fingerprint = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')

/** @param dir made when it is first needed; readable by this user alone */
export function openChanges(dir: string): Changes {
  const turns = new Map<string, Promise<unknown>>()
  let tidied = 0
  const fileOf = (path: string) => join(dir, `${fingerprint(path)}.jsonl`)

  return {
    async note(path, change) {
      await mkdir(dir, { recursive: true, mode: 0o700 })
      const handle = await open(fileOf(path), 'a', 0o600)
      try {
        // A line of its own, even after half a line of a process that died.
        await handle.appendFile(`\n${JSON.stringify(change)}\n`)
        await handle.sync()
      } finally {
        await handle.close()
      }
      if (Date.now() - tidied > DAY) {
        tidied = Date.now()
        await tidy(dir)
      }
    },
    async happened(path, key, now) {
      const changes = await read(fileOf(path))
      const index = changes.findLastIndex((change) => change.key === key)
      const own = changes[index]
      if (!own) return false
      // The next change saw what this one left behind.
      const next = changes[index + 1]
      const then = next ? next.before : now
      if (then === own.after) return true
      if (then === own.before) return false
      throw new Error('the file was changed by somebody else since, so nobody can tell whether this change was made')
    },
    async alone(path, work) {
      const turn = (turns.get(path) ?? Promise.resolve()).then(work)
      const over = turn.then(
        () => {},
        () => {},
      )
      turns.set(path, over)
      try {
        return await turn
      } finally {
        if (turns.get(path) === over) turns.delete(path)
      }
    },
  }
}

async function read(file: string): Promise<Change[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as Change]
    } catch {
      // Half a line: its process died before it touched the file.
      return []
    }
  })
}

async function tidy(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    const path = join(dir, name)
    const found = await stat(path).catch(() => undefined)
    if (found && Date.now() - found.mtimeMs > KEPT) await rm(path, { force: true })
  }
}
