// Which open question an answer counts for, or why for none: judged before it is taken, again when it is, and told apart
// from an answer that was taken before.
import { ApplicationFailure } from '@temporalio/workflow'
import { FAILURE } from '../../../contracts/failures.js'
import type { Approval, Decided, Decision } from '../../../contracts/messages.js'
import { changed, openApprovals, REASON_CHARACTERS, type Run, remember, short, wasApplied } from '../run/run.js'
import type { Read } from './answer.js'
import { chosenOf } from './choices.js'
import { answerNoted } from './noted.js'

/** An answer without a digest counts from this long after the question was shown: before, it was meant for another. */
const SHOWN_MS = 1000
/** Answered questions a run remembers, to say of a late answer what became of its question. */
const ANSWERED_KEPT = 200
const MESSAGE = 'decide'

export type Judged = { refused: string } | { repeated: Decided } | { approval: Approval; decision: Decision }

/** Reads only. */
export function judge(run: Run, decision: Read<Decision>): Judged {
  if ('refused' in decision) return decision
  const { kind, digest, approval: name, id } = decision
  const last = run.approvals.filter((approval) => approval.answer).at(-1)
  const earlier = id === undefined ? undefined : run.approvals.find((approval) => approval.answer?.id === id)
  if (earlier) return { repeated: decided(earlier) }
  if (wasApplied(run, MESSAGE, id)) return { refused: `a message with the id ${id} was taken before` }
  const open = openApprovals(run).filter((approval) => name === undefined || approval.name === name)
  const [only, second] = digest === undefined ? open : open.filter((approval) => approval.digest === digest)
  if (!only) return { refused: whyNone(run, decision, last) }
  if (second)
    return { refused: `several approvals are open: name one of ${open.map((approval) => approval.name).join(', ')}` }
  if (digest === undefined && Date.now() - Date.parse(only.openedAt) < SHOWN_MS)
    return { refused: `"${only.title}" had just been shown: an answer this early needs its digest` }
  const unfit = whyNotBy(only, decision.by) ?? run.answers.get(only.name)?.refuses?.(decision)
  if (unfit) return { refused: unfit }
  const asPlan = kind === 'revise' && !only.work ? whyNoRevision(run, decision) : undefined
  return asPlan ? { refused: asPlan } : { approval: only, decision }
}

/** Guards against mistakes, not attackers: whoever may send a message may sign it with any name. */
export function whyNotBy({ approvers, name }: Pick<Approval, 'approvers' | 'name'>, by = ''): string | undefined {
  if (!approvers || approvers.includes(by.trim())) return undefined
  const who = by.trim() === '' ? 'nobody is named' : `${short(by, 100)} may not answer`
  return `${who}: wanted "by" to be one of ${approvers.join(', ')}, who may answer "${name}"`
}

function whyNoRevision(run: Run, { input, note }: Decision): string | undefined {
  if (!input && !(run.takesNotes && note))
    return run.takesNotes
      ? 'revise needs a note for the planner, or a patch of the input, for example { "concurrency": 5 }'
      : 'revise needs a patch of the input, for example { "concurrency": 5 }: this plan was made by code, not by a model'
  if (run.plan && run.plan.root.firstRunId !== run.self.firstRunId)
    return "a rerun's plan cannot be revised: start a new run"
  return undefined
}

function whyNone(run: Run, { digest, approval }: Decision, last: Approval | undefined): string {
  const open = openApprovals(run)
  const same = run.approvals.find((known) => known.digest === digest && known.answer)
  if (same?.answer) return `already answered: ${same.answer.kind} by ${same.answer.by} at ${same.answer.at}`
  if (approval !== undefined && !open.some((known) => known.name === approval))
    return `no approval "${approval}" is open${open.length > 0 ? `; open: ${open.map((known) => known.name).join(', ')}` : ''}`
  if (digest !== undefined && open.length > 0)
    return `the digest ${digest.slice(0, 80)} is not that of what waits now (${open.map((known) => known.digest).join(', ')}): it was changed, look again`
  if (last?.answer)
    return `nothing waits for an answer: "${last.name}" got ${last.answer.kind} by ${last.answer.by} at ${last.answer.at}`
  return 'nothing waits for an answer, and nothing is approved in advance'
}

export function accept(run: Run, approval: Approval, decision: Decision): Decided {
  const { kind, by = 'unknown', note, id, input } = decision
  const edited = approval.tool !== undefined && kind === 'approve' && input !== undefined
  const only = kind === 'approve' && approval.choices ? chosenOf(input) : undefined
  const said = { ...(note !== undefined && { note }), ...(edited && { edited: true as const }), ...(only && { only }) }
  answered(run, approval, { kind, by, ...said, ...(id !== undefined && { id }) })
  remember(run, MESSAGE, id)
  run.answers.get(approval.name)?.take(decision)
  run.answers.delete(approval.name)
  changed(run)
  return decided(approval)
}

/** Whatever ended it: from here on it is not open any more. */
export function answered(run: Run, approval: Approval, answer: Omit<NonNullable<Approval['answer']>, 'at'>): void {
  approval.answer = { ...answer, at: new Date().toISOString() }
  run.audit?.(answerNoted(approval, approval.answer))
  const old = run.approvals.filter((known) => known.answer).slice(0, -ANSWERED_KEPT)
  if (old.length > 0) run.approvals = run.approvals.filter((known) => !old.includes(known))
}

export function decided({ name, digest, answer }: Approval): Decided {
  return { approval: name, digest, kind: answer?.kind ?? 'approve', by: answer?.by ?? 'unknown', at: answer?.at ?? '' }
}

export function answerRefused(reason: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(short(reason, REASON_CHARACTERS), FAILURE.answerRefused)
}
