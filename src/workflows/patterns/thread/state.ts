// What a thread knows besides what every run does: the conversation, what waits, who sent what, how turns ended. Bounded:
// the texts of old turns are in the store, and here only as many of the newest as people look at.
import { workflowInfo } from '@temporalio/workflow'
import type { AuditHead } from '../../../contracts/audit.js'
import type {
  ContinuedThread,
  EndedTurn,
  MidTurn,
  TurnLink,
  Waiting,
  WaitingMessage,
} from '../../../contracts/continued-thread.js'
import type { TurnStatus } from '../../../contracts/conversation.js'
import type { Text } from '../../../contracts/refs.js'
import type { ThreadPlan } from '../../../contracts/thread.js'
import { addUsage, addUsd, noUsage } from '../../../contracts/usage.js'
import { type AuditTrail, openAudit } from '../agent/audit-trail.js'
import { openBudget } from '../budget/budget.js'
import { changed, openRun, type Run } from '../run/run.js'
import { type Conversation, openConversation, type Taken } from './conversation.js'

/** Bytes and turns of which message and answer are remembered; of so many others, where they are kept. */
const TEXT_BYTES = 256 * 1024
const TEXT_TURNS = 100
const LINKS_KEPT = 1000
const SEEN_KEPT = 2000
const CLEARED_KEPT = 50

export type Thread = {
  run: Run
  /** Once its settings are prepared. */
  conversation?: Conversation
  /** The number the next message gets. */
  next: number
  /** The numbers of a fork's turns go on from another thread's: not known before it is prepared. */
  numbered: boolean
  queue: Waiting[]
  /** `interruptedAt`: milliseconds. */
  running?: { message: WaitingMessage; interrupted: boolean; interruptedAt?: number; cancel(): void }
  /** A turn that an earlier execution began. */
  midTurn?: MidTurn
  audit?: AuditTrail
  /** What hooks had to say as the session began: for the first turn. */
  context?: string
  /** Sender's id → turn. */
  seen: Map<string, number>
  /** In the order they ended. */
  ended: Map<number, EndedTurn>
  endedBytes: number
  links: Map<number, TurnLink[1]>
  counts: Record<TurnStatus, number>
  cleared: ContinuedThread['cleared']
  closing: boolean
  /** The thread ends with its first message. */
  task: boolean
  answer?: Text
  /** Of an agent whose answers have a schema. */
  output?: unknown
  cancelled: boolean
  /** From here on no message is taken: it would not be carried over. */
  continuing: boolean
  /** Updates this execution has accepted. */
  accepted: number
}

export function openThread(continued: ContinuedThread | undefined): Thread {
  const run = openRun('thread', undefined)
  const thread: Thread = {
    run,
    next: 1,
    numbered: true,
    queue: continued?.queue ?? [],
    seen: new Map(continued?.seen),
    ended: new Map(),
    endedBytes: 0,
    links: new Map(continued?.links),
    counts: continued?.counts ?? { ok: 0, interrupted: 0, error: 0 },
    cleared: continued?.cleared ?? [],
    closing: continued?.closing ?? false,
    task: continued?.task ?? false,
    cancelled: false,
    continuing: false,
    accepted: 0,
  }
  if (!continued) return thread
  const {
    plan,
    state,
    usage,
    usd,
    savedUsd,
    refused,
    refusedCount,
    paused,
    applied,
    approvals = [],
    answer,
    ended,
  } = continued
  const { midTurn, output } = continued
  Object.assign(run, {
    totals: { usage, usd, savedUsd },
    refused,
    refusedCount,
    paused,
    seen: new Set(applied),
    approvals,
  })
  run.state = paused ? 'paused' : 'open'
  if (answer !== undefined) thread.answer = answer
  const budget = openBudget(run, plan.budgetUsd, continued.budget, plan.agent?.approvers)
  thread.conversation = openConversation(plan, { run: workflowInfo().firstExecutionRunId, state, budget })
  thread.next = state.next
  for (const turn of ended) remember(thread, turn)
  if (output !== undefined) thread.output = output
  if (midTurn) {
    thread.midTurn = midTurn
    // At once: what is said to the running turn may come before it goes on.
    thread.running = { message: midTurn.message, interrupted: midTurn.interrupted, cancel() {} }
  }
  audited(thread, plan, continued.audit)
  return thread
}

/** Once its settings are known: what is audited of it, from now on. */
export function audited(thread: Thread, plan: ThreadPlan, carried?: AuditHead): void {
  const audit = openAudit(thread.run, plan, carried)
  if (audit) thread.audit = audit
}

export function waitingMessages({ queue }: Thread): WaitingMessage[] {
  return queue.filter((waiting) => waiting.kind === 'message')
}

/** Takes over how a turn ended. */
export function endTurn(thread: Thread, message: WaitingMessage, taken: Taken, prev: string | undefined): void {
  const { condensing, savedUsd, calls: _, goesOn: __, stopReason: ___, output, ...ended } = taken
  const { run } = thread
  for (const spent of [{ ...taken }, ...(condensing ? [condensing] : [])])
    run.totals = {
      usage: addUsage(run.totals.usage, spent.usage),
      usd: addUsd(run.totals.usd, spent.usd),
      savedUsd: addUsd(run.totals.savedUsd, spent.savedUsd),
    }
  if (taken.status !== 'error' && taken.text !== undefined) thread.answer = taken.text
  if (output !== undefined) thread.output = output
  const turn: EndedTurn = { turn: message.turn, sent: message.content, ...ended }
  if (prev !== undefined) turn.prev = prev
  end(thread, turn)
}

/** A message that was never asked: taken out of the queue, or left in it when the thread ended. */
export function dropMessage(thread: Thread, message: WaitingMessage, error?: EndedTurn['error']): void {
  const spent = { usage: noUsage(), usd: 0, attempts: 0, warnings: [] }
  const status = error ? ('error' as const) : ('interrupted' as const)
  end(thread, { turn: message.turn, sent: message.content, status, ...(error && { error }), ...spent })
}

function end(thread: Thread, turn: EndedTurn): void {
  thread.counts[turn.status]++
  remember(thread, turn)
  if (thread.task && turn.turn === 1) {
    thread.closing = true
    if (turn.status !== 'ok')
      thread.queue = thread.queue.filter((waiting) => waiting.kind !== 'message' || !waiting.verifies)
  }
  changed(thread.run)
}

function remember(thread: Thread, turn: EndedTurn): void {
  const { ended, links } = thread
  ended.set(turn.turn, turn)
  thread.endedBytes += bytesOf(turn)
  for (const oldest of ended.values()) {
    if (ended.size === 1 || (thread.endedBytes <= TEXT_BYTES && ended.size <= TEXT_TURNS)) break
    ended.delete(oldest.turn)
    thread.endedBytes -= bytesOf(oldest)
    links.set(oldest.turn, oldest.chunk ?? '')
  }
  for (const oldest of links.keys()) {
    if (links.size <= LINKS_KEPT) break
    links.delete(oldest)
  }
}

/** Of what a person reads of it; roughly, as UTF-16 units of JSON. */
export function bytesOf({ sent, text = '', error }: EndedTurn): number {
  return JSON.stringify([sent, text, error]).length
}

/** UTF-8, as it crosses to the server. */
export function jsonBytes(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).byteLength
}

/** What was said so far is no part of the conversation any more. */
export function forget(thread: Thread): void {
  const head = thread.conversation?.state.head
  if (head !== undefined) {
    const turn = Math.max(...thread.ended.keys(), ...thread.links.keys(), 0)
    thread.cleared = [...thread.cleared, { turn, head }].slice(-CLEARED_KEPT)
  }
  for (const ended of thread.ended.values()) ended.cleared = true
}

/** A repeated message with this id is this turn. */
export function see(thread: Thread, id: string, turn: number): void {
  thread.seen.set(id, turn)
  for (const oldest of thread.seen.keys()) {
    if (thread.seen.size <= SEEN_KEPT) break
    thread.seen.delete(oldest)
  }
}
