// The data scout's summary: about this account, its lists in order and no longer than the days they are of.
import type { CrmSummary } from '../../contracts/schemas/index.js'
import type { Checked } from './check-agent.js'

const ACTIVITY_DAYS = 90
const CHANGE_DAYS = 30
const DAY = 86_400_000

export function checkedCrm(summary: CrmSummary, account: string, today: Date): Checked<CrmSummary> {
  if (summary.account.id.toLowerCase() !== account.toLowerCase())
    return { refused: `it is about the account ${JSON.stringify(summary.account.id)}, not ${JSON.stringify(account)}` }
  if (summary.sources.length === 0) return { refused: 'sources: is empty; wanted the tools it rests on' }
  const activities = newestFirst(summary.activities, ACTIVITY_DAYS, today)
  const changes = newestFirst(summary.changes, CHANGE_DAYS, today)
  const left = [
    ...flag('activities', summary.activities.length - activities.length, ACTIVITY_DAYS),
    ...flag('changes', summary.changes.length - changes.length, CHANGE_DAYS),
  ]
  return { value: { ...summary, activities, changes, quality_flags: [...summary.quality_flags, ...left] } }
}

/** Of the last so many days; a day that is none counts as old. */
function newestFirst<T extends { at: string }>(list: T[], days: number, today: Date): T[] {
  // A whole day more: the CRM's day may have begun earlier than ours.
  const oldest = today.getTime() - (days + 1) * DAY
  return list.filter(({ at }) => Date.parse(at) >= oldest).sort((a, b) => b.at.localeCompare(a.at))
}

function flag(field: string, count: number, days: number): CrmSummary['quality_flags'] {
  return count === 0 ? [] : [{ field, problem: `${count} left out: older than ${days} days, or without a day` }]
}
