// What people see of a run without asking it: a page in the Web UI, the memo in every list. The page costs no history,
// only time in large runs; the memo is written when status or waiting changes, because each one is an event in history.

import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import { setCurrentDetails, upsertMemo, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow'
import { MEMO, SEARCH_ATTRIBUTES } from '../../../contracts/names.js'
import { openApprovals, type Run } from '../run/run.js'
import { detailsOf } from './details.js'
import { openQuestions } from './waiting-for.js'

/** Between two pages of a large run at work. */
const PAGE_MS = 1000
const LARGE = 200

const WAITING = defineSearchAttributeKey(SEARCH_ATTRIBUTES.waiting, SearchAttributeType.BOOL)
const USD = defineSearchAttributeKey(SEARCH_ATTRIBUTES.usd, SearchAttributeType.DOUBLE)

/** @param options.page instead of the page of a run with items. `usd`: dollars that double are worth an event too. */
export function showProgress(run: Run, options: { page?: () => string; usd?: boolean } = {}): void {
  const page = options.page ?? (() => detailsOf(run))
  let notedUsd = 0
  let shownAt = 0
  let noted = ''
  let refusals = 0
  let due = false
  const show = () => {
    due = false
    setCurrentDetails(page())
  }
  run.listeners.push(() => {
    if (run.paused && run.state === 'running') run.state = 'paused'
    if (!run.paused && run.state === 'paused') run.state = 'running'
    const waitingFor = openApprovals(run).map((approval) => approval.name)
    const escalated = run.approvals.some(({ escalatedAt }) => escalatedAt !== undefined)
    const open = openQuestions(run)
    const note = JSON.stringify([run.state, waitingFor, ...(escalated ? [open] : [])])
    const now = Date.now()
    const shown = note === noted && refusals === run.refusedCount
    if (shown && isBusy(run) && now - shownAt < PAGE_MS) return
    shownAt = now
    refusals = run.refusedCount
    // Behind what follows from this change: the listener that starts the next calls comes after this one.
    if (!due) void Promise.resolve().then(show)
    due = true
    const usd = run.totals.usd ?? 0
    const dearer = options.usd === true && usd >= 2 * notedUsd && usd > 0
    if (note === noted && !dearer) return
    noted = note
    notedUsd = usd
    upsertMemo({
      [MEMO.status]: run.state,
      [MEMO.usd]: run.totals.usd,
      [MEMO.waitingFor]: waitingFor.join(', '),
      ...(run.approvals.length > 0 && { [MEMO.approvals]: open }),
    })
    // Only where the client found them registered: an unknown attribute would fail the task for ever.
    if (workflowInfo().typedSearchAttributes.get(WAITING) === undefined) return
    upsertSearchAttributes([
      { key: WAITING, value: waitingFor.length > 0 },
      { key: USD, value: run.totals.usd ?? 0 },
    ])
  })
}

/** Many items, and more about to start: the next change, and with it the next page, is near. */
function isBusy(run: Run): boolean {
  const items = run.plan?.items.length ?? 0
  return items > LARGE && !run.paused && run.ended.length + run.running.size < items
}
