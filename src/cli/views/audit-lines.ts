// An audit for people: a line for each entry, when, where in the conversation, what.
import type { AuditEntry, SessionAudit } from '../../client/audit.js'
import { printable } from '../output.js'

export function auditLines({ session, entries }: SessionAudit): string {
  return [`audit of ${session}`, ...entries.map(lineOf)].map(printable).join('\n')
}

/** Said by the columns before. */
const COLUMNS = new Set(['n', 'at', 'agent', 'turn', 'step', 'type', 'prev', 'hash', 'root', 'version', 'session'])
const DIGEST_CHARACTERS = 12

function lineOf(entry: AuditEntry): string {
  const { at = '', agent = '', turn, step } = entry as { at?: string; agent?: string; turn?: number; step?: number }
  const place = turn === undefined ? '' : `${turn}${step === undefined ? '' : `.${step}`}`
  const facts = Object.entries(entry).flatMap(([name, value]) =>
    COLUMNS.has(name) || value === undefined || value === '' ? [] : [`${name}=${shown(name, value)}`],
  )
  return [`#${entry.n}`.padEnd(5), at.slice(11, 19), agent, place.padEnd(5), entry.type, ...facts].join(' ').trimEnd()
}

function shown(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.join(',')
  if (typeof value !== 'string') return JSON.stringify(value)
  if (name === 'digest' || name === 'definition') return value.replace('sha256:', '').slice(0, DIGEST_CHARACTERS)
  return /\s/.test(value) ? JSON.stringify(value) : value
}
