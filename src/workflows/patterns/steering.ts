// The same steering on every run: set before the first await, never throwing, deaf to nothing. What has no effect is
// listed with its reason instead of being lost.
import { ApplicationFailure, setDefaultSignalHandler, setHandler } from '@temporalio/workflow'
import { FAILURE } from '../../contracts/failures.js'
import type { Approval, Decided, Decision, DecisionKind } from '../../contracts/messages.js'
import { approve, decide, interrupt, pause, reject, resume, revise, status } from '../../contracts/messages.js'
import { type Read, readDecide, readDecision, readTarget } from './answer.js'
import { interruptItem, stopRun } from './interruption.js'
import { changed, firstTime, openApprovals, REASON_CHARACTERS, type Run, refuse, short, statusOf } from './run.js'

/** An answer without a digest counts from this long after the question was shown: before, it was meant for another. */
const SHOWN_MS = 1000

export function steer(run: Run): void {
  steerApprovals(run)
  setHandler(interrupt, (sent?: unknown) => byTarget(run, 'interrupt', sent), {
    description: "Stop now and keep what is there. No input: the whole run. An item's id: only that item.",
  })
  setHandler(pause, (sent?: unknown) => byTarget(run, 'pause', sent), {
    description: 'Start nothing new; what runs goes on.',
  })
  setHandler(resume, (sent?: unknown) => byTarget(run, 'resume', sent), {
    description: 'Go on after a pause.',
  })
  setHandler(status, () => statusOf(run), {
    description: 'Plan, price, items, approvals and what was refused.',
  })
  setDefaultSignalHandler((name) =>
    refuse(run, name, `no signal is called "${name}"; wanted one of ${SIGNALS.join(', ')}`),
  )
}

/** The part that answers approvals. @returns what each signal does. */
export function steerApprovals(run: Run): Record<DecisionKind, (sent?: unknown) => void> {
  const does = {
    approve: (sent?: unknown) => bySignal(run, 'approve', sent),
    reject: (sent?: unknown) => bySignal(run, 'reject', sent),
    revise: (sent?: unknown) => bySignal(run, 'revise', sent),
  }
  setHandler(approve, does.approve, { description: DESCRIPTIONS.approve })
  setHandler(reject, does.reject, { description: DESCRIPTIONS.reject })
  setHandler(revise, does.revise, { description: DESCRIPTIONS.revise })
  setHandler(decide, (sent?: unknown) => byUpdate(run, sent), {
    description: 'approve, reject or revise with an answer: { "kind": "approve", "digest": "…", "by": "…" }',
    validator: (sent?: unknown) => {
      const judged = judge(run, readDecide(sent))
      if ('refused' in judged) throw answerRefused(judged.refused)
    },
  })
  return does
}

const SIGNALS = ['approve', 'reject', 'revise', 'interrupt', 'pause', 'resume']

const DESCRIPTIONS: Record<DecisionKind, string> = {
  approve: 'Yes to what is waiting. Optional: { "by": "who", "note": "…", "digest": "of exactly what is approved" }',
  reject: 'No to what is waiting. Optional: a reason as text, or { "by": "who", "note": "why" }',
  revise:
    'Plan again with a patch of the input, for example { "concurrency": 5 }; a plan made by a model: or with a note',
}

type Judged = { refused: string } | { repeated: Decided } | { approval: Approval; decision: Decision }

function bySignal(run: Run, kind: DecisionKind, sent: unknown): void {
  const judged = judge(run, readDecision(kind, sent))
  if ('refused' in judged) refuse(run, kind, judged.refused)
  else if ('approval' in judged) accept(run, judged.approval, judged.decision)
}

/** Judged again: of several updates in one task the first may have answered. */
async function byUpdate(run: Run, sent: unknown): Promise<Decided> {
  const judged = judge(run, readDecide(sent))
  if ('refused' in judged) throw answerRefused(judged.refused)
  return 'repeated' in judged ? judged.repeated : accept(run, judged.approval, judged.decision)
}

function byTarget(run: Run, message: 'interrupt' | 'pause' | 'resume', sent: unknown): void {
  const target = readTarget(message, sent)
  if ('refused' in target) {
    refuse(run, message, target.refused)
    return
  }
  if (!firstTime(run, message, target.id)) return
  const reason = apply(run, message, target.item)
  if (reason) refuse(run, message, reason)
  else changed(run)
}

/** @returns why it has no effect, if so. */
function apply(run: Run, message: 'interrupt' | 'pause' | 'resume', item: string | undefined): string | undefined {
  if (message === 'interrupt') return item === undefined ? stopRun(run) : interruptItem(run, item)
  if (item !== undefined) return `${message} takes no item (got ${item}): it holds for the whole run`
  run.paused = message === 'pause'
  return undefined
}

/** Which open approval an answer counts for, or why for none. Reads only. */
function judge(run: Run, decision: Read<Decision>): Judged {
  if ('refused' in decision) return decision
  const { kind, digest, approval: name, id } = decision
  const last = run.approvals.filter((approval) => approval.answer).at(-1)
  const earlier = id === undefined ? undefined : run.approvals.find((approval) => approval.answer?.id === id)
  if (earlier) return { repeated: decided(earlier) }
  const open = openApprovals(run).filter((approval) => name === undefined || approval.name === name)
  const [only, second] = digest === undefined ? open : open.filter((approval) => approval.digest === digest)
  if (!only) return { refused: whyNone(run, decision, last) }
  if (second)
    return { refused: `several approvals are open: name one of ${open.map((approval) => approval.name).join(', ')}` }
  if (digest === undefined && Date.now() - Date.parse(only.openedAt) < SHOWN_MS)
    return { refused: `"${only.title}" had just been shown: an answer this early needs its digest` }
  const unfit = run.answers.get(only.name)?.refuses?.(decision)
  if (unfit) return { refused: unfit }
  if (kind === 'revise' && !decision.input && !(run.takesNotes && decision.note))
    return {
      refused: run.takesNotes
        ? 'revise needs a note for the planner, or a patch of the input, for example { "concurrency": 5 }'
        : 'revise needs a patch of the input, for example { "concurrency": 5 }: this plan was made by code, not by a model',
    }
  if (kind === 'revise' && run.plan && run.plan.root.firstRunId !== run.self.firstRunId)
    return { refused: "a rerun's plan cannot be revised: start a new run" }
  return { approval: only, decision }
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

function accept(run: Run, approval: Approval, decision: Decision): Decided {
  const { kind, by = 'unknown', note, id } = decision
  const at = new Date().toISOString()
  approval.answer = { kind, by, at, ...(note !== undefined && { note }), ...(id !== undefined && { id }) }
  run.answers.get(approval.name)?.take(decision)
  run.answers.delete(approval.name)
  changed(run)
  return decided(approval)
}

function decided({ name, digest, answer }: Approval): Decided {
  return { approval: name, digest, kind: answer?.kind ?? 'approve', by: answer?.by ?? 'unknown', at: answer?.at ?? '' }
}

function answerRefused(reason: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(short(reason, REASON_CHARACTERS), FAILURE.answerRefused)
}
