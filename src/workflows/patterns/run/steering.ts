// The same steering on every run: set before the first await, never throwing, deaf to nothing. What has no effect is
// listed with its reason instead of being lost.
import { setDefaultSignalHandler, setHandler } from '@temporalio/workflow'
import type { Decided, DecisionKind } from '../../../contracts/messages.js'
import {
  approve,
  decide,
  interrupt,
  pause,
  raiseBudget,
  reject,
  resume,
  revise,
  status,
} from '../../../contracts/messages.js'
import { readDecide, readDecision, readRaise, readTarget } from '../approvals/answer.js'
import { keepEarly } from '../approvals/early.js'
import { accept, answerRefused, judge } from '../approvals/judged-answer.js'
import { isRaise, raise, raisedBefore, whyNotRaised } from '../budget/budget.js'
import { interruptItem, stopRun } from './interruption.js'
import { changed, firstTime, type Run, refuse, statusOf } from './run.js'

/** Refused updates that an audited run takes note of: each is an event in history, so they have an end. */
const AUDITED_REFUSALS = 200

type AnswerSignal = DecisionKind | 'raiseBudget'

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
  setDefaultSignalHandler((name) => {
    refuse(run, name, `no signal is called "${name}"; wanted one of ${SIGNALS.join(', ')}`)
  })
}

/** The part that answers approvals. @returns what each signal does. */
export function steerApprovals(run: Run): Record<AnswerSignal, (sent?: unknown) => void> {
  const does = {
    approve: (sent?: unknown) => bySignal(run, 'approve', sent),
    reject: (sent?: unknown) => bySignal(run, 'reject', sent),
    revise: (sent?: unknown) => bySignal(run, 'revise', sent),
    raiseBudget: (sent?: unknown) => raiseBySignal(run, sent),
  }
  setHandler(approve, does.approve, { description: DESCRIPTIONS.approve })
  setHandler(reject, does.reject, { description: DESCRIPTIONS.reject })
  setHandler(revise, does.revise, { description: DESCRIPTIONS.revise })
  setHandler(raiseBudget, does.raiseBudget, { description: DESCRIPTIONS.raiseBudget })
  setHandler(decide, (sent?: unknown) => byUpdate(run, sent), {
    description: 'approve, reject or revise with an answer: { "kind": "approve", "digest": "…", "by": "…" }',
    validator: (sent?: unknown) => {
      const why = whyRefused(run, sent)
      if (why !== undefined && !isNoted(run)) throw answerRefused(why)
    },
  })
  return does
}

const SIGNALS = ['approve', 'reject', 'revise', 'raiseBudget', 'interrupt', 'pause', 'resume']

const DESCRIPTIONS: Record<AnswerSignal, string> = {
  approve: 'Yes to what is waiting. Optional: { "by": "who", "note": "…", "digest": "of exactly what is approved" }',
  reject: 'No to what is waiting. Optional: a reason as text, or { "by": "who", "note": "why" }',
  revise:
    'Plan again with a patch of the input, for example { "concurrency": 5 }; a plan made by a model: or with a note',
  raiseBudget: 'The new cap in dollars, { "usd": 5 } or 5: what waits for money goes on as far as it fits.',
}

function bySignal(run: Run, kind: DecisionKind, sent: unknown): void {
  const read = readDecision(kind, sent)
  const judged = judge(run, read)
  if ('refused' in judged) {
    const refused = refuse(run, kind, judged.refused)
    if (!('refused' in read)) keepEarly(run, read, refused)
  } else if ('approval' in judged) accept(run, judged.approval, judged.decision)
}

function raiseBySignal(run: Run, sent: unknown): void {
  const read = readRaise(sent)
  const why = 'refused' in read ? read.refused : whyNotRaised(run, read)
  if (why !== undefined) refuse(run, raiseBudget.name, why)
  else if (!('refused' in read) && !raisedBefore(run, read)) raise(run, read)
}

function whyRefused(run: Run, sent: unknown): string | undefined {
  if (!isRaise(sent)) {
    const judged = judge(run, readDecide(sent))
    return 'refused' in judged ? judged.refused : undefined
  }
  const read = readRaise(sent)
  return 'refused' in read ? read.refused : whyNotRaised(run, read)
}

/** An update that is refused before it is taken leaves no trace: where there is an audit, it is taken and then refused. */
function isNoted(run: Run): boolean {
  return run.audit !== undefined && run.refusedCount < AUDITED_REFUSALS
}

/** Judged again: of several updates in one task the first may have answered. */
async function byUpdate(run: Run, sent: unknown): Promise<Decided> {
  const why = whyRefused(run, sent)
  if (why !== undefined) {
    if (isNoted(run)) refuse(run, decide.name, why)
    throw answerRefused(why)
  }
  const read = isRaise(sent) ? readRaise(sent) : undefined
  if (read && !('refused' in read)) return raisedBefore(run, read) ?? raise(run, read)
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
