// Where audits lie: beside what runs keep, not in it. Garbage collection removes a run's texts when the server has
// forgotten the run; what was done in its name is asked for later than that, and is small, so only people remove it.
import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Root } from '../contracts/refs.js'
import { type AuditHeader, readEntry } from './entry.js'

export function auditPath(dir: string, root: Root, session: string): string {
  return join(dir, 'audit', hashName(root.workflowId, root.firstRunId), fileName(session))
}

export type FoundAudit = { path: string; header: AuditHeader; text: string; modifiedMs: number }

/** Logs of sessions by their id alone, also of a run that the server has forgotten. */
export async function findAudits(dir: string, session: string): Promise<FoundAudit[]> {
  const top = join(dir, 'audit')
  const found: FoundAudit[] = []
  for (const folder of await namesIn(top)) {
    const path = join(top, folder, fileName(session))
    const text = await ifThere(readFile(path, 'utf8'))
    const header = text === undefined ? undefined : readHeader(text.split('\n', 1)[0] ?? '')
    // Of one whose first line is damaged the name still says whose it is.
    const name = header ?? { type: 'audit', version: 1, session, root: { workflowId: session, firstRunId: '' } }
    if (text !== undefined) found.push({ path, header: name, text, modifiedMs: (await stat(path)).mtimeMs })
  }
  return found
}

export function readHeader(line: string): AuditHeader | undefined {
  const entry = readEntry(line)
  return entry?.type === 'audit' && entry.n === 0 ? entry : undefined
}

async function namesIn(folder: string): Promise<string[]> {
  return (await ifThere(readdir(folder))) ?? []
}

async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined
    throw error
  }
}

function fileName(session: string): string {
  return `${/^\w[\w.-]{0,150}$/.test(session) ? session : hashName(session)}.jsonl`
}

const hashName = (...ids: string[]) => createHash('sha256').update(JSON.stringify(ids)).digest('hex')
