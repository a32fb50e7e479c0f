// From an approved plan to the result: the work, its approval, the commits, the summary. Whatever becomes of it, the
// working trees are gone at the end, and the branch is as it was or has all of it.
import { CancellationScope } from '@temporalio/workflow'
import {
  COMMIT_ITEM,
  type CodeResult,
  type CodeRunPlan,
  type Piece,
  PLANNER_ITEM,
  TESTS_ITEM,
} from '../../../contracts/code.js'
import { skipped } from '../calls/call.js'
import { conclude } from '../run/conclude.js'
import { allResults } from '../run/continuation.js'
import { endItem, type Run } from '../run/run.js'
import { inRepository } from './activities.js'
import { inOrder } from './agent-work.js'
import { type Committed, commitWork } from './committed.js'
import { agreedWork } from './offered.js'
import { combined } from './stages.js'
import { hearOfWrites, openWork, type Work } from './work.js'

export async function codeResult(run: Run, plan: CodeRunPlan): Promise<CodeResult> {
  const work = openWork(run, plan)
  hearOfWrites(work)
  const began = Date.now()
  const waited = waiting(run)
  try {
    await takenOver(work)
    const agreed = await agreedWork(work)
    const committed: Committed =
      agreed.kind === 'agreed' && !run.stopped
        ? await commitWork(work, agreed.offered)
        : notCommitted(work, agreed.kind === 'unchanged')
    return conclude(run, await summary(work, plan, committed, Date.now() - began - waited()), {
      isWork: ({ id }) => ![PLANNER_ITEM, TESTS_ITEM, COMMIT_ITEM].includes(id),
    })
  } finally {
    const done = run.ended.some(({ id, status }) => id === COMMIT_ITEM && status === 'ok')
    const { clearWork } = inRepository(work.code)
    await CancellationScope.nonCancellable(() => clearWork({ ...work.of, keepRefs: !done }))
  }
}

/** What an earlier run left: its agents' work counts as theirs, at no cost. First pieces first, as they came. */
async function takenOver(work: Work): Promise<void> {
  const { pieces, run } = work
  for (const id of work.done)
    endItem(run, { ...skipped(id), status: 'ok', warnings: ['its work of an earlier run was used'] }, 0)
  work.pieces = []
  const roundOf = (piece: Piece) => pieces.filter(({ agent }) => agent === piece.agent).indexOf(piece)
  await combined(
    work,
    inOrder(work, pieces).sort((a, b) => roundOf(a) - roundOf(b)),
  )
}

function notCommitted({ run }: Work, unchanged: boolean): Committed {
  const item = skipped(COMMIT_ITEM)
  endItem(run, unchanged ? { ...item, status: 'ok', text: 'nothing had to be changed' } : item, 0)
  return { commits: [] }
}

async function summary(work: Work, { title, server }: CodeRunPlan, { commits, problem }: Committed, totalMs: number) {
  const { run, of, inlineBytes, times, workMs, reports, problems, tests } = work
  const items = (await allResults(run)).map(({ id, status, usage, usd }) => ({ id, status, usage, usd }))
  const finished = await inRepository(work.code).finishCode({
    ...{ ...of, title, server, inlineBytes, items, times, workMs, totalMs, reports, problems, commits },
    ...(tests && { tests }),
    ...(problem !== undefined && { problem }),
  })
  return { ...finished, ...(problem !== undefined && { problem }) }
}

/** Milliseconds that questions were open and nothing else went on. */
function waiting(run: Run): () => number {
  let [sum, since] = [0, 0]
  run.listeners.push(() => {
    if (run.state === 'waiting' && run.running.size === 0) since ||= Date.now()
    else if (since > 0) {
      sum += Date.now() - since
      since = 0
    }
  })
  return () => sum
}
