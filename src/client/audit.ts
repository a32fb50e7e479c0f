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
 * That of the run first, then those of the agents it started. Throws NotStoredError where this machine's store has none,
 * RunNotFoundError where the server knows no such run either.
 */
export async function runAudit(server: Server, id: string): Promise<SessionAudit[]> {
  const audits: SessionAudit[] = []
  const waiting = [id]
  const seen = new Set<string>()
  for (let session = waiting.shift(); session !== undefined; session = waiting.shift()) {
    if (seen.has(session)) continue
    seen.add(session)
    const audit = await sessionAudit(server, session)
    if (audit === undefined && session === id) {
      throw new NotStoredError(
        id,
        `run "${id}" has no audit in this machine's store: only agents and runs that start agents have one`,
      )
    }
    if (audit === undefined) continue
    audits.push(audit)
    for (const entry of audit.entries) if (entry.type === 'child') waiting.push(entry.run)
  }
  return audits
}

async function sessionAudit(server: Server, session: string): Promise<SessionAudit | undefined> {
  const known = await knownOf(server, session)
  const found = (await findAudits(server.storeDir, session)).filter(({ header }) => header.session === session)
  const log = found.find(({ header }) => header.root.firstRunId === known?.firstRunId) ?? newest(found)
  if (!log) {
    if (!known)
      throw new RunNotFoundError(`no run "${session}" on the server at ${server.address}, and no audit of one`)
    return undefined
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
