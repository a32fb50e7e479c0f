// Where audits lie: beside what runs keep, not in it. Garbage collection removes a run's texts when the server has
// forgotten the run; what was done in its name is asked for later than that, and is small, so only people remove it.
import { createHash } from 'node:crypto'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Root } from '../contracts/refs.js'
import { type AuditHeader, readEntry } from './entry.js'

/** A header is far shorter. */
const HEADER_BYTES = 8 * 1024

export function auditPath(dir: string, root: Root, session: string): string {
  const name = /^\w[\w.-]{0,150}$/.test(session) ? session : hashName(session)
  return join(dir, 'audit', hashName(root.workflowId, root.firstRunId), `${name}.jsonl`)
}

/** Logs of a run by its id alone: of itself as a session, and as a root. Reads the first line of every log. */
export async function findAudits(dir: string, id: string): Promise<{ path: string; header: AuditHeader }[]> {
  const top = join(dir, 'audit')
  const found: { path: string; header: AuditHeader }[] = []
  for (const folder of await namesIn(top)) {
    for (const name of await namesIn(join(top, folder))) {
      if (!name.endsWith('.jsonl')) continue
      const path = join(top, folder, name)
      const header = readHeader(await firstLine(path))
      if (header && (header.session === id || header.root.workflowId === id)) found.push({ path, header })
    }
  }
  return found
}

export function readHeader(line: string): AuditHeader | undefined {
  const entry = readEntry(line)
  return entry?.type === 'audit' && entry.n === 0 ? entry : undefined
}

async function firstLine(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0)
    return buffer.subarray(0, bytesRead).toString('utf8').split('\n')[0] ?? ''
  } finally {
    await file.close()
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort()
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return []
    throw error
  }
}

const hashName = (...ids: string[]) => createHash('sha256').update(JSON.stringify(ids)).digest('hex')
