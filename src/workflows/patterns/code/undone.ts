// What an earlier run committed is taken back: one revert for each of its commits, all or none.
import { COMMIT_ITEM, type CodeResult, type CodeRunPlan } from '../../../contracts/code.js'
import { skipped } from '../calls/call.js'
import { conclude } from '../run/conclude.js'
import { endItem, type Run } from '../run/run.js'
import { inRepository } from './activities.js'
import { given, untilDone } from './committed.js'
import { tell } from './work.js'

export async function undoneResult(run: Run, plan: CodeRunPlan): Promise<CodeResult> {
  const { root, code } = plan
  const { keep, undo, approvers } = code
  if (undo === undefined) throw new Error('the plan says which run is taken back')
  const at = new Date().toISOString()
  const end = await untilDone(run, approvers, () => inRepository(code).undoCode({ root, keep, of: undo, at }))
  if (end.kind === 'blocked') return conclude(run, { problem: given(run, end).problem })
  for (const commit of end.commits) tell(run, `[undo] ${commit.slice(0, 7)}`)
  endItem(run, { ...skipped(COMMIT_ITEM), status: 'ok', text: `${end.commits.length} commits were taken back` }, 0)
  return conclude(run)
}
