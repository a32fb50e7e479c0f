// What follows a review's experts: findings merged, a summary asked for, the report written from what is there.
import { CancellationScope } from '@temporalio/workflow'
import type { Plan } from '../../../contracts/plan.js'
import type { Ref } from '../../../contracts/refs.js'
import type { Report } from '../../../contracts/review.js'
import { skipped, steps } from '../calls/call.js'
import { laterCall } from '../calls/later-call.js'
import { allResults } from '../run/continuation.js'
import { endItem, type Run } from '../run/run.js'

const SUMMARY = 'summary'

/** `findings`: all of them, stored. */
export type Reported = { report: Report; findings: Ref }

/** @returns undefined when no expert answered: there is nothing to report. */
export async function reportOf(run: Run, plan: Plan): Promise<Reported | undefined> {
  const items = await allResults(run)
  const { root, files, title, server, inlineBytes } = plan
  if (files === undefined || CancellationScope.current().consideredCancelled) return undefined
  if (!items.some((item) => item.status === 'ok')) {
    endItem(run, skipped(SUMMARY), 0)
    return undefined
  }
  const consolidated = await steps.consolidate({
    root,
    files,
    items: items.map(({ id, status, text }) => ({ id, status, ...(text !== undefined && { text }) })),
  })
  const summary = await laterCall(run, plan, { id: SUMMARY, ...consolidated.summary })
  const report = await steps.report({
    root,
    files,
    title,
    server,
    inlineBytes,
    findings: consolidated.findings,
    items: items.map(({ id, status, usd, error }) => ({ id, status, usd, ...(error && { note: error.message }) })),
    ...(summary.text !== undefined && { summary: summary.text }),
  })
  return { report, findings: consolidated.findings }
}
