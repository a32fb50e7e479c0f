// One line of an audit: an event with its number, the hash of the line before it, and its own. A line that is changed,
// taken out or put elsewhere no longer fits the next one; what is said of it here is all that a stranger needs to check a
// log by other means: `hash` is the sha256 of the line without its last field (`{…,"prev":"…"}`).
import { createHash } from 'node:crypto'
import type { AuditEvent } from '../contracts/audit.js'
import type { Root } from '../contracts/refs.js'

/** What a log begins with, as number 0: whose it is. */
export type AuditHeader = { type: 'audit'; version: 1; root: Root; session: string }

/** `repaired`: bytes of a line that a crash left half written, cut off before this one was appended. */
export type AuditEntry = { n: number; prev: string; hash: string; repaired?: number } & (AuditEvent | AuditHeader)

/** Of a text: in an audit stand facts, not files. */
const MAX_CHARACTERS = 1_000

/** The line, without its end. `repaired` goes with the event. */
export function seal(n: number, event: object, prev: string): { line: string; hash: string } {
  const body = JSON.stringify({ n, ...event, prev })
  const hash = sha256(body)
  return { line: `${body.slice(0, -1)},"hash":"${hash}"}`, hash }
}

/** undefined for what is no line of an audit; whether it says the truth is `isSealed`. */
export function readEntry(line: string): AuditEntry | undefined {
  try {
    const entry = JSON.parse(line) as Partial<AuditEntry> | null
    return typeof entry?.n === 'number' && typeof entry.hash === 'string' ? (entry as AuditEntry) : undefined
  } catch {
    return undefined
  }
}

export function isSealed(line: string, { hash }: AuditEntry): boolean {
  const tail = `,"hash":"${hash}"}`
  return line.endsWith(tail) && sha256(`${line.slice(0, -tail.length)}}`) === hash
}

/** As it is kept: without secrets, long texts by length and hash alone. */
export function keepable(event: AuditEvent, redact: (text: string) => string): object {
  const kept = (value: unknown): unknown => {
    if (typeof value === 'string') return shortened(redact(value.toWellFormed()))
    if (Array.isArray(value)) return value.map(kept)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, kept(inner)]))
  }
  return kept(event) as object
}

/** Whether an entry holds this event; what another worker knew to be secret may have been anything. */
export function holds(entry: AuditEntry, event: object): boolean {
  const { n: _, prev: __, hash: ___, repaired: ____, ...kept } = entry
  return alike(kept, event)
}

const REDACTED = /\[redacted sha256:[0-9a-f]{12}\]/

function alike(kept: unknown, asked: unknown): boolean {
  if (typeof kept === 'string' && typeof asked === 'string') {
    return kept === asked || pieces(kept).every((piece) => asked.includes(piece))
  }
  if (typeof kept !== 'object' || kept === null || typeof asked !== 'object' || asked === null) return kept === asked
  const names = new Set([...Object.keys(kept), ...Object.keys(asked)])
  return [...names].every((name) => alike(Reflect.get(kept, name), Reflect.get(asked, name)))
}

/** What stands around secrets; a text without any is one piece that must be all of the other. */
function pieces(text: string): string[] {
  return REDACTED.test(text) ? text.split(REDACTED) : [`${text}\u0000`]
}

function shortened(text: string): string {
  return text.length <= MAX_CHARACTERS ? text : `[${text.length} characters sha256:${sha256(text)}]`
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
