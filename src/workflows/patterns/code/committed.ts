// The commits, all or none: built beside the branch, then the branch moves to them in one step. What stands in the way is
// shown to a person, who clears it and has it tried again, or leaves it.
import { CancellationScope } from '@temporalio/workflow'
import { COMMIT_ITEM, type CodeCommit, type CommittedWork, type OfferedWork } from '../../../contracts/code.js'
import { question } from '../approvals/approval.js'
import { skipped } from '../calls/call.js'
import { endItem, type Run } from '../run/run.js'
import { inRepository } from './activities.js'
import { tell, type Work } from './work.js'

export type Committed = { commits: CodeCommit[]; problem?: string }
type Blocked = Extract<CommittedWork, { kind: 'blocked' }>

export async function commitWork(work: Work, { commits }: OfferedWork): Promise<Committed> {
  const { run, of, base, code } = work
  const at = new Date().toISOString()
  tell(run, '[commit] started')
  const { approvers } = code
  const end = await untilDone(run, approvers, () => inRepository(code).commitWork({ ...of, commits, base, at }))
  if (end.kind === 'blocked') return given(run, end)
  for (const { commit: hash, subject } of end.commits) tell(run, `[commit] ${hash.slice(0, 7)} ${subject}`)
  const behind = end.rebased === undefined ? '' : ` on ${end.rebased.slice(0, 7)}, where the branch had moved to`
  endItem(run, { ...skipped(COMMIT_ITEM), status: 'ok', text: `${end.commits.length} commits${behind}` }, 0)
  return { commits: end.commits }
}

/** Not cancellable: what becomes of the branch is known when the run ends. */
export async function untilDone<D extends { kind: string }>(
  run: Run,
  approvers: string[] | undefined,
  step: () => Promise<D | Blocked>,
): Promise<D | Blocked> {
  for (;;) {
    const end = await CancellationScope.nonCancellable(step)
    if (end.kind !== 'blocked') return end
    const blocked = end as Blocked
    tell(run, `[commit] ${blocked.problem}`)
    const { problem, lines, digest } = blocked
    const ending = await question(run, {
      ...{ name: 'conflict', title: `${problem}: try again?`, digest, lines, own: { wantsInput: false } },
      ...(approvers && { approvers }),
    })
    if (ending.kind !== 'answered' || ending.decision.kind !== 'approve') return blocked
  }
}

export function given(run: Run, { problem }: Blocked): Committed {
  endItem(run, { ...skipped(COMMIT_ITEM), status: 'error', error: { type: 'NotCommitted', message: problem } }, 0)
  return { commits: [], problem }
}
