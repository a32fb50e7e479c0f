// What follows a review's experts: findings merged, a summary asked for, the report written from what is there.
import { CancellationScope } from '@temporalio/workflow'
import type { ItemResult } from '../../contracts/outcome.js'
import type { Plan } from '../../contracts/plan.js'
import type { Consolidated, Report } from '../../contracts/review.js'
import { call, skipped, steps } from './call.js'
import { allResults } from './continuation.js'
import { commonOf } from './fan-out.js'
import { wasInterrupted } from './interruption.js'
import { changed, endItem, type Run } from './run.js'

const SUMMARY = 'summary'
const SUMMARY_SECONDS = 300

/** @returns undefined when no expert answered: there is nothing to report. */
export async function reportOf(run: Run, plan: Plan): Promise<Report | undefined> {
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
  const summary = await summarise(run, plan, consolidated)
  return steps.report({
    root,
    files,
    title,
    server,
    inlineBytes,
    findings: consolidated.findings,
    items: items.map(({ id, status, usd, error }) => ({ id, status, usd, ...(error && { note: error.message }) })),
    ...(summary.text !== undefined && { summary: summary.text }),
  })
}

async function summarise(run: Run, plan: Plan, { summary }: Consolidated): Promise<ItemResult> {
  // A person stopped the whole run: no further call, the report is put together from what is there.
  if (run.stopped) {
    const result = skipped(SUMMARY)
    endItem(run, result, 0)
    return result
  }
  const scope = new CancellationScope()
  run.running.set(SUMMARY, scope)
  changed(run)
  const request = {
    ...commonOf(run, plan, SUMMARY, summary.model),
    page: summary.page,
    index: summary.index,
    leader: false,
    timeoutSeconds: SUMMARY_SECONDS,
  }
  const { result, savedUsd } = await call(request, SUMMARY, scope, () => wasInterrupted(run, SUMMARY))
  endItem(run, result, savedUsd)
  return result
}
