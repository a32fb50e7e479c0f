// The data scout's summary: about an account that the CRM has, whatever the model says of it; its lists in order and no
// longer than the days they are of.
import type { CrmSummary } from '../../contracts/schemas/index.js'
import type { Checked } from './checked.js'
import type { ToolAnswer } from './tool-answers.js'

const ACTIVITY_DAYS = 90
const CHANGE_DAYS = 30
const DAY = 86_400_000
const ERROR_CHARACTERS = 200

/** `answers`: what the scout's tools gave. */
export function checkedCrm(
  summary: CrmSummary,
  { account, today, answers }: { account: string; today: Date; answers: ToolAnswer[] },
): Checked<CrmSummary> {
  const looked = answers.filter(({ tool }) => tool.endsWith('__get_account'))
  if (!looked.some(({ isError }) => !isError))
    return { refused: `get_account gave no account: ${looked.at(-1)?.text.slice(0, ERROR_CHARACTERS) ?? 'not called'}` }
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
