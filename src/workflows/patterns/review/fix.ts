// What follows a review that is to be acted upon: its findings are offered, an agent works off those a person takes, and
// its changes are theirs to keep or to undo. What is in the workspace is the activities' affair; here are the decisions.
import { proxyActivities } from '@temporalio/workflow'
import type { Activities } from '../../../activities/index.js'
import type { BegunFix, EndedFix, Fix, FixPlan, OfferedFixes } from '../../../contracts/fix.js'
import type { ReviewResult } from '../../../contracts/outcome.js'
import type { Plan } from '../../../contracts/plan.js'
import type { Ref } from '../../../contracts/refs.js'
import { type Choice, choose } from '../approvals/choose.js'
import { changed, endItem, type Run } from '../run/run.js'
import { type FixerEnd, runFixer } from './fixer.js'

const working = proxyActivities<Pick<Activities, 'offerFixes' | 'beginFix' | 'endFix' | 'undoFix'>>({
  // Every file of a large workspace is looked at.
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '15s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1 minute' },
})

export type FixingPlan = Plan & { fix: FixPlan; files: Ref }
export type Fixed = Pick<ReviewResult, 'fixes' | 'changes'>

export function fixes(plan: Plan): plan is FixingPlan {
  return plan.fix !== undefined && plan.files !== undefined
}

/** @param findings all of the review's, stored. */
export async function fixFindings(run: Run, plan: FixingPlan, findings: Ref): Promise<Fixed> {
  const { root, files, fix } = plan
  if (run.stopped) return {}
  const offered = await working.offerFixes({ root, files, findings })
  if (offered.choices.length === 0 || run.stopped) return { fixes: offered.fixes }
  const { title, digest, choices } = offered
  const choice = await choose(run, { name: 'findings', title, digest, choices, ...approversOf(fix) })
  if (choice.kind !== 'chosen') return { fixes: refused(offered, choice) }
  goOn(run)
  const asked = { root, files, list: offered.list, ids: choice.ids }
  const begun = await working.beginFix({ ...asked, run: run.self.firstRunId })
  const end = await runFixer(run, begun.input)
  const { output, problem } = end
  const ended = await working.endFix({
    ...{ ...asked, snapshot: begun.snapshot, inlineBytes: plan.inlineBytes },
    ...(output !== undefined && { output }),
    ...(problem !== undefined && { problem }),
  })
  const settled = await settle(run, plan, begun, ended)
  endItem(run, itemOf(end, settled), end.savedUsd)
  return settled
}

/** The changes are kept, or undone; where the run was stopped they stay, and the result says what they are. */
async function settle(run: Run, plan: FixingPlan, begun: BegunFix, ended: EndedFix): Promise<Fixed> {
  const { root, files, fix } = plan
  const { changes, title, digest, lines } = ended
  if (!changes || run.stopped) return { fixes: ended.fixes, ...(changes && { changes: { ...changes, kept: true } }) }
  const choice = await choose(run, { name: 'changes', title, digest, lines, choices: [], ...approversOf(fix) })
  goOn(run)
  if (choice.kind !== 'rejected') return { fixes: ended.fixes, changes: { ...changes, kept: true } }
  run.rejected = true
  const { kept } = await working.undoFix({ root, files, from: begun.snapshot, to: ended.snapshot })
  const why = choice.note === undefined ? '' : `: ${choice.note}`
  const left = kept.length > 0 ? ` (left as they are, because somebody changed them since: ${kept.join(', ')})` : ''
  const undone = ended.fixes.map(
    (one): Fix =>
      one.status === 'fixed' ? { ...one, status: 'refused', note: `undone by ${choice.by}${why}${left}` } : one,
  )
  return { fixes: undone, changes: { ...changes, kept: false } }
}

function refused({ fixes: all }: OfferedFixes, choice: Choice): Fix[] {
  const note =
    choice.kind === 'rejected' && `refused by ${choice.by}${choice.note === undefined ? '' : `: ${choice.note}`}`
  return note ? all.map((one) => ({ ...one, note })) : all
}

/** The agent's work as an item: ok when every finding that was taken is fixed. */
function itemOf(end: FixerEnd, { fixes: all = [], changes }: Fixed) {
  const failed = all.filter(({ status }) => status === 'failed').length
  const { result } = end
  if (result.status !== 'ok') return result
  if (changes?.kept === false)
    return { ...result, status: 'error' as const, error: { type: 'Rejected', message: 'its changes were undone' } }
  if (failed === 0) return result
  const message = `${failed} of ${all.filter(({ status }) => status !== 'refused').length} findings are not fixed`
  return { ...result, status: 'error' as const, error: { type: 'NotFixed', message } }
}

const approversOf = ({ approvers }: FixPlan) => (approvers ? { approvers } : {})

function goOn(run: Run): void {
  run.state = run.paused ? 'paused' : 'running'
  changed(run)
}
