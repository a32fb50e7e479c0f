// Whether a log is what was appended: every line has its number, its own hash and that of the one before, and it ends
// where the run's result says it did. The first line that is not so is named; of what follows nothing is known then.
import type { AuditHead } from '../contracts/audit.js'
import { type AuditEntry, isSealed, readEntry } from './entry.js'
import { readHeader } from './files.js'

export type Verified =
  | { ok: true; entries: number; head: string }
  /** `entry`: the number of the first bad entry; 0: the log's first line, which says whose it is. */
  | { ok: false; entry: number; reason: string }

/** Whole lines that can be read, without the first. */
export function entriesOf(text: string): AuditEntry[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => readEntry(line) ?? [])
}

/**
 * @param known what the server keeps of it: the head in the run's result, and those of single steps. `ended`: the last of
 * them is the log's end; while a run is open, a missing end is not seen.
 */
export function verifyAudit(text: string, session: string, known: AuditHead[] = [], ended = false): Verified {
  const heads = new Map(known.map(({ entries, head }) => [entries, head]))
  const expected = Math.max(0, ...heads.keys())
  let trusted = 0
  const lines = text.split('\n')
  const torn = lines.pop() ?? ''
  const header = readHeader(lines[0] ?? '')
  if (!header || header.session !== session)
    return { ok: false, entry: 0, reason: `its first line does not name the session ${session}` }
  let prev = ''
  for (const [n, line] of lines.entries()) {
    const entry = readEntry(line)
    if (!entry) return { ok: false, entry: n, reason: 'it cannot be read' }
    if (!isSealed(line, entry)) return { ok: false, entry: n, reason: 'it was edited: its hash is another one' }
    if (entry.n !== n) return { ok: false, entry: n, reason: `number ${entry.n} stands in its place` }
    if (entry.prev !== prev)
      return { ok: false, entry: n, reason: 'the one before it is another one than was appended' }
    const head = n > 0 ? heads.get(n) : undefined
    if (head !== undefined && head !== entry.hash)
      return {
        ok: false,
        entry: trusted + 1,
        reason: `it, or one up to ${n}, was written anew: the run has another hash`,
      }
    if (head !== undefined) trusted = n
    prev = entry.hash
  }
  const entries = lines.length - 1
  if (entries < expected)
    return { ok: false, entry: entries + 1, reason: `it is missing: the run appended ${expected} entries` }
  if (ended && entries > expected)
    return { ok: false, entry: expected + 1, reason: 'it was added after the run had ended' }
  if (torn !== '') return { ok: false, entry: entries + 1, reason: 'it is half written' }
  return { ok: true, entries, head: prev }
}
