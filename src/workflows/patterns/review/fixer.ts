// The agent that works off a review's findings: a thread with tools, a run of its own beside the review's, interrupted
// with it. Whatever becomes of it is an outcome: what it changed by then is looked at all the same.
import {
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowFailure,
  isCancellation,
  startChild,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow'
import { FAILURE } from '../../../contracts/failures.js'
import { type BudgetState, interrupt } from '../../../contracts/messages.js'
import type { ItemResult } from '../../../contracts/outcome.js'
import type { ThreadInput } from '../../../contracts/schemas/index.js'
import type { ThreadResult } from '../../../contracts/thread.js'
import { noUsage, type Usd } from '../../../contracts/usage.js'
import { reservePart, settlePart } from '../budget/part.js'
import { skipped } from '../calls/call.js'
import { wasInterrupted } from '../run/interruption.js'
import { changed, type Run, short } from '../run/run.js'

export const FIXER = 'fixer'

/** `output`: its account. `problem`: why there is none. */
export type FixerEnd = { result: ItemResult; savedUsd: Usd; output?: unknown; problem?: string }

export async function runFixer(run: Run, input: ThreadInput): Promise<FixerEnd> {
  const part = await reservePart(run.budget, { share: 1, label: `agent ${FIXER}`, dropped: () => run.stopped })
  if (part === 'rejected' || part === 'interrupted') {
    const problem = part === 'rejected' ? 'there is no money left for the agent' : 'the run was interrupted'
    return { result: skipped(FIXER), savedUsd: 0, problem }
  }
  const { budgetUsd } = part
  const { budget, ...end } = await started(run, { ...input, ...(budgetUsd !== undefined && { budgetUsd }) })
  settlePart(part, end.result.usd, budget)
  const { status } = end.result
  // As threads call it, for whoever looks for its log.
  run.audit?.({ type: 'child', run: fixerOf(), name: FIXER, status: status === 'ok' ? 'completed' : status })
  return end
}

const fixerOf = () => `${workflowInfo().workflowId}/${FIXER}`

type Started = FixerEnd & { budget?: BudgetState }

async function started(run: Run, input: ThreadInput): Promise<Started> {
  try {
    const child = await startChild<(input: ThreadInput) => Promise<ThreadResult>>('thread', {
      workflowId: fixerOf(),
      args: [input],
      parentClosePolicy: 'REQUEST_CANCEL',
      staticSummary: short(`agent ${FIXER} of ${workflowInfo().workflowId}`, 120),
    })
    const cancel = () => {
      // By its number: also while it is being prepared. One that has just ended hears nothing any more.
      CancellationScope.nonCancellable(() => child.signal(interrupt, { turn: 1 })).catch((error: unknown) => {
        if (!(error instanceof TemporalFailure)) throw error
      })
    }
    run.running.set(FIXER, { cancel })
    changed(run)
    if (wasInterrupted(run, FIXER)) cancel()
    return endOf(await child.result())
  } catch (error) {
    if (!(error instanceof TemporalFailure) || isCancellation(error)) throw error
    return failureOf(error)
  }
}

function endOf(ended: ThreadResult): Started {
  const { status, output, answer, budget } = ended
  const ok = status === 'completed'
  const result: ItemResult = {
    ...spentOf(ended),
    status: ok ? 'ok' : 'interrupted',
    ...(answer !== undefined && (ok ? { text: answer } : { partial: answer })),
  }
  const problem = ok ? {} : { problem: 'the agent was interrupted' }
  return {
    result,
    savedUsd: ended.savedUsd,
    ...(output !== undefined && { output }),
    ...problem,
    ...(budget && { budget }),
  }
}

/** A failed thread carries its result in its failure; any other end (refused input, terminated) has none. */
function failureOf(failure: TemporalFailure): Started {
  const cause = failure instanceof ChildWorkflowFailure && failure.cause instanceof Error ? failure.cause : failure
  const failed = cause instanceof ApplicationFailure && cause.type === FAILURE.runFailed
  const ended = failed ? (cause.details?.[0] as ThreadResult | undefined) : undefined
  const type = cause instanceof ApplicationFailure ? (cause.type ?? 'Error') : cause.name
  const message = short(cause.message, 500)
  const result: ItemResult = { ...spentOf(ended), status: 'error', error: { type, message } }
  return {
    result,
    savedUsd: ended?.savedUsd ?? 0,
    problem: `the agent failed: ${message}`,
    ...(ended?.budget && { budget: ended.budget }),
  }
}

function spentOf(ended: ThreadResult | undefined) {
  const { usage = noUsage(), usd = 0 } = ended ?? {}
  return { id: FIXER, usage, usd, attempts: 1, warnings: [] }
}
