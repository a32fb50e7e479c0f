// A history has a limit, a conversation has none: between two turns it continues as new with where the chain ends, what
// waits, and what people may ask about. Nothing that was accepted is left behind.
import { allHandlersFinished, condition, continueAsNew, workflowInfo } from '@temporalio/workflow'
import type { ContinuedThread, MidTurn, TurnLink } from '../../../contracts/continued-thread.js'
import { budgetState } from '../budget/ledger.js'
import type { Conversation } from './conversation.js'
import { bytesOf, jsonBytes, type Thread } from './state.js'

/** From so much history of its own on: replaying it when the thread wakes takes some hundred milliseconds. */
const SOFT = { events: 2000, bytes: 2 * 1024 * 1024, updates: 1000 }
/** What is carried of ended turns: the newest that are so short together, and where so many others are kept. */
const TEXT_BYTES = 16 * 1024
const TURN_BYTES = 400
const LINKS = 100
/** Answered questions; none is open between two steps. */
const APPROVALS = 50
/** Of senders' ids, the newest: of those a program makes up, all 2,000. */
const ID_BYTES = 128 * 1024

/** @returns whether it is time; measured from where this execution began, which may carry a mebibyte of messages. */
export function continuationDue(thread: Thread): () => boolean {
  const { historyLength, historySize } = workflowInfo()
  return () => {
    const info = workflowInfo()
    return (
      info.historyLength - historyLength >= SOFT.events ||
      info.historySize - historySize >= SOFT.bytes ||
      thread.accepted >= SOFT.updates
    )
  }
}

/** @param midTurn between two steps of an agent's turn; absent: between two turns. */
export async function continueThread(thread: Thread, conversation: Conversation, midTurn?: MidTurn): Promise<never> {
  // From here on an update would be accepted and left behind; it is told to come again.
  thread.continuing = true
  await thread.audit?.written({ all: true })
  await condition(allHandlersFinished)
  const { run, queue, seen, counts, closing, task, cleared, answer, next, output } = thread
  const continued: ContinuedThread = {
    plan: conversation.plan,
    state: { ...conversation.state, next },
    queue,
    seen: newest([...seen]),
    ...run.totals,
    counts,
    closing,
    task,
    paused: run.paused,
    ...(answer !== undefined && { answer }),
    ...remembered(thread),
    cleared,
    ...(run.budget && { budget: budgetState(run.budget) }),
    ...(run.approvals.length > 0 && { approvals: run.approvals.slice(-APPROVALS) }),
    refused: run.refused,
    refusedCount: run.refusedCount,
    applied: newest([...run.seen]),
    ...(midTurn && { midTurn: { ...midTurn, interrupted: thread.running?.interrupted ?? false } }),
    ...(thread.audit && { audit: thread.audit.head }),
    ...(output !== undefined && { output }),
  }
  return continueAsNew<(input: { continued: ContinuedThread }) => Promise<never>>({ continued })
}

function newest<T>(ids: T[]): T[] {
  let room = ID_BYTES
  const last = ids.findLastIndex((id) => {
    room -= jsonBytes(id) + 1
    return room < 0
  })
  return ids.slice(last + 1)
}

function remembered(thread: Thread): Pick<ContinuedThread, 'ended' | 'links'> {
  let room = TEXT_BYTES
  const ended = [...thread.ended.values()].reverse()
  const first = ended.findIndex((turn) => {
    room -= bytesOf(turn) + TURN_BYTES
    return room < 0
  })
  const kept = first < 0 ? ended : ended.slice(0, first)
  const others = ended.slice(kept.length).map(({ turn, chunk = '' }): TurnLink => [turn, chunk])
  return { ended: kept.reverse(), links: [...thread.links, ...others.reverse()].slice(-LINKS) }
}
