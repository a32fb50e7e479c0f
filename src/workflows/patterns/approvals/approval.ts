// A question that waits for a person, for days if it must. It is bound to a digest of exactly what is asked, and takes one
// answer. Many may be open on one run at once; none of them costs anything while it waits.
import { condition } from '@temporalio/workflow'
import type { Expiry } from '../../../contracts/agent.js'
import type { Approval, Decision } from '../../../contracts/messages.js'
import { tellQuestion } from '../run/hooks.js'
import { type Asked, changed, openApprovals, type Run, refuse } from '../run/run.js'
import { takeEarly } from './early.js'
import { accept, answered, judge } from './judged-answer.js'
import { questionNoted } from './noted.js'

export type Question = Omit<Approval, 'openedAt' | 'expiresAt' | 'onExpiry' | 'escalatedAt' | 'answer'>
export type Asking = {
  /** Names what is wrong with an answer; it does not count then, and the question stays open. */
  refuses?: Asked['refuses']
  expiry?: Expiry
  /** Nobody needs the answer any more; by default: the run was stopped. */
  stopped?: () => boolean
}
export type Ending =
  | { kind: 'answered'; decision: Decision; by: string; at: string }
  /** Nobody answered in time. */
  | { kind: 'expired' }
  /** By something else than an answer to it. */
  | { kind: 'withdrawn' }

/**
 * @param refuses as in `Asking`.
 * @returns the decision, or undefined when the run was stopped while it waited.
 */
export async function approval(
  run: Run,
  ask: Pick<Approval, 'name' | 'title' | 'digest' | 'own' | 'approvers'>,
  refuses?: Asked['refuses'],
): Promise<Decision | undefined> {
  const { ended } = open(run, ask, refuses ? { refuses } : {})
  const ending = await ended
  return ending.kind === 'answered' ? ending.decision : undefined
}

/** As `approval`, for one of many beside which the run goes on: its state is what it was when the last is answered. */
export async function question(run: Run, ask: Question, asking: Asking = {}): Promise<Ending> {
  const { asked, ended } = open(run, { ...ask, name: freeName(run, ask.name) }, asking)
  try {
    return await ended
  } finally {
    if (!asked.answer) answered(run, asked, { kind: 'withdrawn', by: 'nobody' })
    forgetArguments(asked)
    if (openApprovals(run).length === 0 && run.state === 'waiting') run.state = run.paused ? 'paused' : atWork(run)
    changed(run)
  }
}

/** A thread's own word for being alive, whether or not it answers something. */
function atWork({ workflow }: Run): 'open' | 'running' {
  return workflow === 'thread' ? 'open' : 'running'
}

function open(run: Run, ask: Question, { refuses, expiry, stopped = () => run.stopped }: Asking) {
  const opened = new Date()
  const asked: Approval = {
    ...ask,
    openedAt: opened.toISOString(),
    ...(expiry && { expiresAt: new Date(opened.getTime() + expiry.seconds * 1000).toISOString() }),
    ...(expiry && { onExpiry: expiry.onExpiry }),
  }
  let decision: Decision | undefined
  run.approvals.push(asked)
  run.answers.set(ask.name, {
    take(given) {
      decision = given
    },
    ...(refuses && { refuses }),
  })
  run.state = 'waiting'
  run.audit?.(questionNoted(asked))
  tellQuestion(run, asked)
  changed(run)
  answerEarly(run, asked)
  const over = () => decision !== undefined || stopped()
  const wait = async (): Promise<Ending> => {
    try {
      const inTime = !expiry || expiry.onExpiry === 'wait' || (await condition(over, expiry.seconds * 1000))
      if (!inTime && expiry.onExpiry === 'deny') {
        answered(run, asked, { kind: 'expired', by: 'nobody' })
        return { kind: 'expired' }
      }
      if (!inTime) {
        escalate(asked, expiry)
        changed(run)
      }
      await condition(over)
      if (!decision) return { kind: 'withdrawn' }
      return { kind: 'answered', decision, by: asked.answer?.by ?? 'unknown', at: asked.answer?.at ?? now() }
    } finally {
      run.answers.delete(ask.name)
    }
  }
  return { asked, ended: wait() }
}

function answerEarly(run: Run, asked: Approval): void {
  const decision = takeEarly(run, asked)
  const judged = decision && judge(run, decision)
  if (judged && 'refused' in judged) refuse(run, decision.kind, judged.refused)
  else if (judged && 'approval' in judged) accept(run, judged.approval, judged.decision)
}

/** Where anybody may answer, anybody still may: it is only noted. */
function escalate(asked: Approval, { to = [] }: Expiry): void {
  asked.escalatedAt = now()
  if (asked.approvers) asked.approvers = [...new Set([...asked.approvers, ...to])]
}

/** Two open questions never share a name: an answer by name would be for either. */
function freeName(run: Run, wanted: string): string {
  let name = wanted
  for (let count = 2; run.answers.has(name); count++) name = `${wanted}#${count}`
  return name
}

/** Characters of the arguments kept once a question is answered; all of them are in the store and in the audit. */
const KEPT = 300

function forgetArguments(asked: Approval): void {
  if (asked.tool) asked.tool = { ...asked.tool, arguments: asked.tool.arguments.slice(0, KEPT) }
  if (asked.unknown) asked.unknown = { ...asked.unknown, arguments: asked.unknown.arguments.slice(0, KEPT) }
}

const now = () => new Date().toISOString()
