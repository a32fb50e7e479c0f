// The audit of a run and of the agents it started: read from this machine's store, checked against what the server keeps
// of it, which whoever can write the file cannot change: the head in the result and those of single steps in the history.
import { defaultPayloadConverter } from '@temporalio/common'
import type { AuditEntry } from '../audit/entry.js'
import { type FoundAudit, findAudits } from '../audit/files.js'
import { entriesOf, type Verified, verifyAudit } from '../audit/verify.js'
import type { AuditHead } from '../contracts/audit.js'
import { asking, NoResultError, NotStoredError, RunNotFoundError } from './errors.js'
import { runFacts } from './facts.js'
import { awaitResult } from './result.js'
import type { Server } from './server.js'

/**
 * One session's log. `checked`: what its end was compared with; a run that is open may have appended more, and of one
 * that the server has forgotten only the chain itself can be checked.
 */
export type SessionAudit = {
  session: string
  entries: AuditEntry[]
  verified: Verified
  checked: 'result' | 'steps' | 'chain'
  /** The log as it is: JSON lines. */
  text: string
}

/**
 * That of the run first, then those of the agents it started; a log that is gone is a bad one. Throws NotStoredError where the run has none,
 * RunNotFoundError where the server knows no such run either.
 */
export async function runAudit(server: Server, id: string): Promise<SessionAudit[]> {
  const audits: SessionAudit[] = []
  const waiting = [{ session: id, first: true, ended: '' }]
  const seen = new Set<string>()
  for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
    if (seen.has(one.session)) continue
    seen.add(one.session)
    const audit = await sessionAudit(server, one)
    if (audit === undefined && one.first) {
      throw new NotStoredError(
        id,
        `run "${id}" has no audit in this machine's store: only agents and runs that start agents have one`,
      )
    }
    if (audit === undefined) continue
    audits.push(audit)
    for (const entry of audit.entries)
      if (entry.type === 'child') waiting.push({ session: entry.run, first: false, ended: entry.status })
  }
  return audits
}

/** `ended`: how it did, as its parent says. */
type Session = { session: string; first: boolean; ended: string }

/** undefined where nothing was appended, as far as anybody knows. */
async function sessionAudit(
  server: Server,
  { session, first, ended: how }: Session,
): Promise<SessionAudit | undefined> {
  const known = await knownOf(server, session)
  const found = (await findAudits(server.storeDir, session)).filter(({ header }) => header.session === session)
  const log = found.find(({ header }) => header.root.firstRunId === known?.firstRunId) ?? newest(found)
  if (!log) {
    if (known && known.heads.length > 0) return missing(session, known.heads)
    if (!known && first)
      throw new RunNotFoundError(`no run "${session}" on the server at ${server.address}, and no audit of one`)
    // The server has forgotten it, and its parent has its answer: it cannot have been without a log.
    return !known && how === 'completed' ? missing(session, []) : undefined
  }
  const { text } = log
  const { heads, ended } = known ?? { heads: [], ended: false }
  return {
    session,
    text,
    entries: entriesOf(text),
    verified: verifyAudit(text, session, heads, ended),
    checked: ended ? 'result' : heads.length > 0 ? 'steps' : 'chain',
  }
}

/** A log that is not there is one that was cut to nothing. */
function missing(session: string, heads: AuditHead[]): SessionAudit {
  const appended = Math.max(0, ...heads.map(({ entries }) => entries))
  const count = appended > 0 ? `: the run appended ${appended} entries` : ''
  const reason = `the log is missing from this machine's store${count}`
  return { session, text: '', entries: [], verified: { ok: false, entry: 0, reason }, checked: 'steps' }
}

type Known = { firstRunId: string; heads: AuditHead[]; ended: boolean }

/** undefined where the server has forgotten the run. */
async function knownOf(server: Server, id: string): Promise<Known | undefined> {
  try {
    const { open, firstRunId } = await runFacts(server, id)
    const steps = await headsInHistory(server, id)
    const last = open ? undefined : await headInResult(server, id)
    return { firstRunId, heads: [...steps, ...(last ? [last] : [])], ended: last !== undefined }
  } catch (error) {
    if (error instanceof RunNotFoundError) return undefined
    throw error
  }
}

async function headInResult(server: Server, id: string): Promise<AuditHead | undefined> {
  try {
    return ((await awaitResult(server, id)) as { audit?: AuditHead }).audit
  } catch (error) {
    if (error instanceof NoResultError) return undefined
    throw error
  }
}

async function headsInHistory(server: Server, id: string): Promise<AuditHead[]> {
  const { events } = await asking({ server: server.address, run: id }, () =>
    server.client.workflow.getHandle(id).fetchHistory(),
  )
  const appends = new Set<string>()
  const heads: AuditHead[] = []
  for (const event of events ?? []) {
    if (event.activityTaskScheduledEventAttributes?.activityType?.name === 'appendAudit')
      appends.add(String(event.eventId))
    const completed = event.activityTaskCompletedEventAttributes
    const [payload] = completed?.result?.payloads ?? []
    if (payload && appends.has(String(completed?.scheduledEventId)))
      heads.push(defaultPayloadConverter.fromPayload<AuditHead>(payload))
  }
  return heads
}

/** Of an id that was used more than once. */
function newest(found: FoundAudit[]): FoundAudit | undefined {
  return [...found].sort((a, b) => b.modifiedMs - a.modifiedMs)[0]
}

export type { AuditEntry }
