// What a part's run came to, as an item of the run it is a part of, as a line for the integrator, and as a branch of the
// tree. A part that was answered only in part is not ok, and keeps its answer.
import {
  ApplicationFailure,
  ChildWorkflowFailure,
  isCancellation,
  type TemporalFailure,
  TerminatedFailure,
} from '@temporalio/workflow'
import type { DelegateResult, DelegationPlan, Part, PartEnd, TaskTree } from '../../../contracts/delegate.js'
import { FAILURE } from '../../../contracts/failures.js'
import type { BudgetState } from '../../../contracts/messages.js'
import type { ItemResult } from '../../../contracts/outcome.js'
import { noUsage, type Usd } from '../../../contracts/usage.js'
import { skipped } from '../calls/call.js'
import { type Run, short } from '../run/run.js'

const NOTE_CHARACTERS = 300
const WARNINGS = 10

/** `budget`: what the part says of its own. */
export type EndedPart = { result: ItemResult; savedUsd: Usd; end: PartEnd; tree: TaskTree; budget?: BudgetState }

/** Stopped before it started, or not wanted in this rerun; undefined for a part that is to be worked on. */
export function unasked(run: Run, plan: DelegationPlan, part: Part): EndedPart | undefined {
  const stopped = run.interrupted.has(part.path)
  if (!stopped && !run.stopped && !plan.skip?.includes(part.path)) return undefined
  const result: ItemResult = { ...skipped(part.path), ...(stopped && { status: 'interrupted' }) }
  return branch(part, result, 0, { note: 'it was never begun' })
}

/** There was no money for it, and a person allowed none; or it was stopped while it waited for that. */
export function notAllowed(part: Part, why: 'rejected' | 'interrupted'): EndedPart {
  const stopped = why === 'interrupted' && { status: 'interrupted' as const }
  const note = stopped ? 'it was stopped before it began' : 'the budget did not suffice, and nobody allowed more'
  return branch(part, { ...skipped(part.path), ...stopped }, 0, { note })
}

export function fromChild(child: DelegateResult, part: Part): EndedPart {
  const ended = outcomeOf(child, part)
  return child.budget ? { ...ended, budget: child.budget } : ended
}

function outcomeOf(child: DelegateResult, part: Part): EndedPart {
  const { usage, usd, savedUsd, items, answer, tree } = child
  const attempts = items.reduce((sum, item) => sum + item.attempts, 0)
  const warnings = [...new Set(items.flatMap((item) => item.warnings))].slice(0, WARNINGS)
  const spent = { id: part.path, usage, usd, attempts, warnings }
  const more = { ...(tree?.parts && { parts: tree.parts }), ...(tree?.note !== undefined && { note: tree.note }) }
  if (child.status === 'completed' && answer !== undefined)
    return branch(part, { ...spent, status: 'ok', text: answer }, savedUsd, { ...more, answer })
  const arrived = answer ?? items.find((item) => item.partial !== undefined)?.partial
  const kept = arrived !== undefined && { partial: arrived }
  const answered = arrived !== undefined && { answer: arrived }
  if (child.status === 'interrupted')
    return branch(part, { ...spent, status: 'interrupted', ...kept }, savedUsd, {
      ...more,
      ...answered,
      note: arrived === undefined ? 'it was stopped' : 'it was stopped; this is what had arrived',
    })
  const first = items.find((item) => item.error !== undefined)
  const because = `${first?.id ?? part.path}: ${first?.error?.message ?? 'without an answer'}`
  const error =
    child.status === 'failed' && first?.error
      ? first.error
      : { type: FAILURE.partsMissing, message: `answered without some of its parts: ${because}` }
  const note = short(error.message, NOTE_CHARACTERS)
  return branch(part, { ...spent, status: 'error', error, ...kept }, savedUsd, {
    ...more,
    ...answered,
    note,
    ...(child.status === 'partial' && { status: 'partial' }),
  })
}

/** A failed part carries its result in its failure; any other end (cancelled by hand, terminated) has none. */
export function fromFailure(failure: TemporalFailure, part: Part): EndedPart {
  const cause = failure instanceof ChildWorkflowFailure && failure.cause instanceof Error ? failure.cause : failure
  if (cause instanceof ApplicationFailure && cause.type === FAILURE.runFailed && cause.details?.[0])
    return fromChild(cause.details[0] as DelegateResult, part)
  const ended = isCancellation(cause) || cause instanceof TerminatedFailure
  const type = cause instanceof ApplicationFailure ? (cause.type ?? 'Error') : cause.name
  const message = short(cause.message, NOTE_CHARACTERS)
  const result: ItemResult = {
    id: part.path,
    ...(ended ? { status: 'interrupted' } : { status: 'error', error: { type, message } }),
    usage: noUsage(),
    usd: null,
    attempts: 0,
    warnings: ['it ended without a result: what it cost is not known'],
  }
  return branch(part, result, null, { note: message })
}

type Branch = { answer?: PartEnd['answer']; note?: string; parts?: TaskTree[]; status?: 'partial' }

function branch(part: Part, result: ItemResult, savedUsd: Usd, more: Branch): EndedPart {
  const { parts, ...said } = more
  const { status } = result
  return {
    result,
    savedUsd,
    end: { path: part.path, status, ...said },
    tree: { id: part.path, task: part.task, status, ...said, ...(parts && { parts }) },
  }
}
