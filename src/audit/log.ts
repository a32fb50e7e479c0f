// Appends to the log of a session: what the workflow numbered is there once, whoever repeats it, on disk before anybody
// goes on. A line that a crash left half written was never acknowledged: it is cut off, and the next line says so.
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { AppendAuditRequest, AuditHead } from '../contracts/audit.js'
import { type AuditEntry, type AuditHeader, holds, keepable, readEntry, seal } from './entry.js'
import { auditPath } from './files.js'
import type { Redact } from './redact.js'

/** The log and what is to be appended do not fit: entries are missing, or other ones are in their place. Final. */
export class AuditBroken extends Error {
  override readonly name = 'AuditBroken'
}

export type AuditLogOptions = {
  /** Of the store. */
  dir: string
  /** Keeps other processes from the path while the work runs. */
  locked: <T>(path: string, work: () => Promise<T>) => Promise<T>
}

export type AuditLog = {
  /** On disk when it resolves. Throws AuditBroken, and file-system errors, which are worth another try. */
  append(request: AppendAuditRequest, redact: Redact): Promise<AuditHead>
}

/** What a log ends with; `bytes` up to there, `torn` those of half a line behind it. */
type End = AuditHead & { bytes: number; torn: number }

/** Ends kept in memory: of a forgotten one the log is read again. */
const REMEMBERED = 1_000

export function auditLog({ dir, locked }: AuditLogOptions): AuditLog {
  const ends = new Map<string, End>()

  const append = async (path: string, request: AppendAuditRequest, redact: Redact): Promise<AuditHead> => {
    const file = await opened(path)
    try {
      const known = ends.get(path)
      ends.delete(path)
      const { size } = await file.stat()
      const end = known?.bytes === size ? known : await endOf(file, path)
      const { head, next } = await write(file, { path, request, redact, end })
      ends.set(path, next)
      const oldest = ends.keys().next().value
      if (ends.size > REMEMBERED && oldest !== undefined) ends.delete(oldest)
      return head
    } finally {
      await file.close()
    }
  }

  return {
    append(request, redact) {
      const path = auditPath(dir, request.root, request.session)
      return locked(path, () => append(path, request, redact))
    },
  }
}

type Writing = { path: string; request: AppendAuditRequest; redact: Redact; end: End }

async function write(
  file: FileHandle,
  { path, request, redact, end }: Writing,
): Promise<{ head: AuditHead; next: End }> {
  const { from, events, root, session } = request
  const kept = events.map((event) => keepable(event, redact))
  const last = from + events.length - 1
  if (from > end.entries + 1)
    throw new AuditBroken(`the audit of ${session} has ${end.entries} entries: number ${end.entries + 1} is missing`)
  if (from <= end.entries || last === end.entries) {
    const head = await repeated(file, { path, request, kept, end })
    if (last <= end.entries) return { head, next: end }
  }
  const header: AuditHeader = { type: 'audit', version: 1, root, session }
  const fresh = kept.slice(end.entries + 1 - from)
  const lines = end.bytes === 0 ? [seal(0, header, '')] : []
  let prev = lines[0]?.hash ?? end.head
  for (const [index, event] of fresh.entries()) {
    const noted = index === 0 && end.torn > 0 ? { ...event, repaired: end.torn } : event
    const sealed = seal(end.entries + 1 + index, noted, prev)
    lines.push(sealed)
    prev = sealed.hash
  }
  const bytes = Buffer.from(lines.map(({ line }) => `${line}\n`).join(''))
  await flushed(file, path, bytes, end)
  const head = { entries: last, head: prev }
  return { head, next: { ...head, bytes: end.bytes + bytes.length, torn: 0 } }
}

/** What is there already must be what was asked for. */
async function repeated(
  file: FileHandle,
  { path, request, kept, end }: Omit<Writing, 'redact'> & { kept: object[] },
): Promise<AuditHead> {
  const { from } = request
  const entries = (await linesOf(file)).map(readEntry)
  const last = Math.min(end.entries, from + kept.length - 1)
  for (let n = from; n <= last; n++) {
    const entry = entries[n]
    if (entry?.n !== n || !holds(entry, kept[n - from] ?? {}))
      throw new AuditBroken(`the audit ${path} has another entry number ${n} than the one that is to be appended`)
  }
  return { entries: last, head: entries[last]?.hash ?? '' }
}

async function flushed(file: FileHandle, path: string, bytes: Buffer, end: End): Promise<void> {
  if (end.torn > 0) await file.truncate(end.bytes)
  try {
    // A disk that is filling up takes a part first.
    for (let at = 0; at < bytes.length; ) {
      at += (await file.write(bytes, at, bytes.length - at, end.bytes + at)).bytesWritten
    }
    await file.sync()
  } catch (error) {
    // Of a full disk nothing half written is left; if not even this works, the next one cuts it off.
    await file.truncate(end.bytes).catch(() => {})
    throw error
  }
  if (end.bytes === 0) for (const folder of [dirname(path), dirname(dirname(path))]) await syncDirectory(folder)
}

async function endOf(file: FileHandle, path: string): Promise<End> {
  const { size } = await file.stat()
  const lines = await linesOf(file)
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0)
  const line = lines.at(-1)
  if (line === undefined) return { entries: 0, head: '', bytes: 0, torn: size }
  const last: AuditEntry | undefined = readEntry(line)
  if (last?.n !== lines.length - 1)
    throw new AuditBroken(`the audit ${path} does not end with its entry number ${lines.length - 1}`)
  return { entries: last.n, head: last.hash, bytes, torn: size - bytes }
}

/** Whole ones. */
async function linesOf(file: FileHandle): Promise<string[]> {
  const { size } = await file.stat()
  const { buffer } = await file.read(Buffer.alloc(size), 0, size, 0)
  return buffer.toString('utf8').split('\n').slice(0, -1)
}

async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    return open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
