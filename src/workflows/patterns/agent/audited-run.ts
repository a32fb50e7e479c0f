// A run that starts agents but is none has an audit beside theirs: what people decided in it and what was done in its own
// name, with the agents it started, so that whoever looks at the run finds everything.
import { CancellationScope, isCancellation, TemporalFailure } from '@temporalio/workflow'
import type { AuditHead } from '../../../contracts/audit.js'
import type { Root } from '../../../contracts/refs.js'
import { answerNoted, questionNoted } from '../approvals/noted.js'
import type { Run } from '../run/run.js'
import { type AuditTrail, openTrail } from './audit-trail.js'

/** Waits until all that happened is written down. */
export type Written = () => Promise<void>

/** @param kept whether there is to be an audit. The result has its end, so that nobody can cut it. */
export async function audited<R extends { status: string }>(
  run: Run,
  { root, kept }: { root: Root; kept: boolean | undefined },
  body: (written: Written) => Promise<R>,
): Promise<R & { audit?: AuditHead }> {
  if (!kept) return body(async () => {})
  const trail = openTrail(run, { root, agent: run.workflow })
  // What was asked before anybody knew that there is an audit: plan and price.
  for (const asked of run.approvals) {
    trail.note(questionNoted(asked))
    if (asked.answer) trail.note(answerNoted(asked, asked.answer))
  }
  run.audit = (event) => {
    trail.note(event)
    trail.write()
  }
  try {
    const result = await body(() => trail.written({ all: true }))
    await closed(run, trail, result.status)
    return { ...result, audit: trail.head }
  } catch (error) {
    if (error instanceof TemporalFailure) await closed(run, trail, isCancellation(error) ? 'cancelled' : 'failed')
    throw error
  }
}

/** Not cancellable: a cancelled run has its end in the audit, too. */
function closed(run: Run, trail: AuditTrail, status: string): Promise<void> {
  return CancellationScope.nonCancellable(async () => {
    delete run.audit
    trail.note({ type: 'session_end', status, usd: run.totals.usd })
    await trail.written({ all: true })
  })
}
