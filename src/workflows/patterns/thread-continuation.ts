// A history has a limit, a conversation has none: between two turns it continues as new with where the chain ends, what
// waits, and what people may ask about. Nothing that was accepted is left behind.
import { allHandlersFinished, condition, continueAsNew, workflowInfo } from '@temporalio/workflow'
import type { ContinuedThread, EndedTurn } from '../../contracts/thread.js'
import type { Conversation } from './conversation.js'
import { type Thread, withoutTexts } from './thread-state.js'

/** From so much history of its own on: replaying it when the thread wakes takes some hundred milliseconds. */
const SOFT = { events: 2000, bytes: 2 * 1024 * 1024, updates: 1000 }
/** Turns carried with their texts, and such as only say how they ended. */
const TEXT_BYTES = 16 * 1024
const ENDED_TURNS = 200

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

export async function continueThread(thread: Thread, conversation: Conversation): Promise<never> {
  // From here on an update would be accepted and left behind; it is told to come again.
  thread.continuing = true
  await condition(allHandlersFinished)
  const { run, queue, seen, counts, closing, task, cleared, answer, next } = thread
  const continued: ContinuedThread = {
    plan: conversation.plan,
    state: { ...conversation.state, next },
    queue,
    seen: [...seen],
    ...run.totals,
    counts,
    closing,
    task,
    paused: run.paused,
    ...(answer !== undefined && { answer }),
    ended: shortened([...thread.ended.values()].slice(-ENDED_TURNS)),
    cleared,
    refused: run.refused,
    refusedCount: run.refusedCount,
    applied: [...run.seen],
  }
  return continueAsNew<(input: { continued: ContinuedThread }) => Promise<never>>({ continued })
}

/** The newest with their texts as long as those are few. */
function shortened(ended: EndedTurn[]): EndedTurn[] {
  let room = TEXT_BYTES
  return ended
    .reverse()
    .map((turn) => {
      room -= JSON.stringify([turn.sent, turn.text]).length
      return room >= 0 ? turn : withoutTexts(turn)
    })
    .reverse()
}
