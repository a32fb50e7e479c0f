// An answer that is ahead of its question. A worker that dies leaves what had happened and what was sent meanwhile to the
// next one, in one piece, and signals come first in it. A query showed the question before: whoever answered it did
// nothing wrong, so an answer by digest counts for a question that opens from the same piece of history.
import { workflowInfo } from '@temporalio/workflow'
import type { Approval, Decision, Refused } from '../../../contracts/messages.js'
import type { Run } from '../run/run.js'

export type EarlyAnswer = { decision: Decision; refused: Refused; historyLength: number }

/** @param refused how it was listed, because nothing waits for it so far. */
export function keepEarly(run: Run, decision: Decision, refused: Refused): void {
  const { historyLength } = workflowInfo()
  if (decision.digest === undefined) return
  run.early = [
    ...run.early.filter((answer) => answer.historyLength === historyLength),
    { decision, refused, historyLength },
  ]
}

/** @returns the answer to what has just opened, no longer listed as refused. */
export function takeEarly(run: Run, { digest }: Approval): Decision | undefined {
  const { historyLength } = workflowInfo()
  const answer = run.early.find((known) => known.historyLength === historyLength && known.decision.digest === digest)
  if (!answer) return undefined
  run.early = run.early.filter((known) => known !== answer)
  run.refused = run.refused.filter((known) => known !== answer.refused)
  run.refusedCount--
  return answer.decision
}
