// The life of a thread: one turn after the other as messages come, asleep in between at no cost, continued as new when
// its history has grown, until it is closed and nothing waits.
import { CancellationScope, condition } from '@temporalio/workflow'
import type { MidTurn, WaitingMessage } from '../../../contracts/continued-thread.js'
import { agentTurn } from '../agent/tool-loop.js'
import { serve } from '../budget/ledger.js'
import { countLatency } from '../run/interruption-latency.js'
import { changed } from '../run/run.js'
import { continuationDue, continueThread } from './continuation.js'
import { type Conversation, clearConversation, takeTurn } from './conversation.js'
import { endTurn, forget, type Thread } from './state.js'

export async function converse(thread: Thread, conversation: Conversation): Promise<void> {
  onCancel(thread)
  const due = continuationDue(thread)
  const over = () => thread.cancelled || (thread.closing && thread.queue.length === 0)
  // Not cancellable itself: a cancelled thread waits until its call has handed over what it had.
  await CancellationScope.nonCancellable(async () => {
    const { midTurn } = thread
    delete thread.midTurn
    if (midTurn) await answer(thread, conversation, midTurn.message, { due, from: midTurn })
    for (;;) {
      await condition(() => over() || due() || (!thread.run.paused && thread.queue.length > 0))
      if (over()) return
      if (due()) await continueThread(thread, conversation)
      const next = thread.queue.shift()
      if (next?.kind === 'clear') {
        forget(thread)
        clearConversation(conversation)
        changed(thread.run)
      } else if (next) await answer(thread, conversation, next, { due })
    }
  })
}

type Going = { due: () => boolean; from?: MidTurn }

async function answer(
  thread: Thread,
  conversation: Conversation,
  message: WaitingMessage,
  { due, from }: Going,
): Promise<void> {
  const scope = new CancellationScope()
  const interrupted = thread.running?.interrupted ?? false
  const running: NonNullable<Thread['running']> = { message, interrupted, cancel: () => scope.cancel() }
  thread.running = running
  if (interrupted) scope.cancel()
  changed(thread.run)
  const { context } = thread
  delete thread.context
  const prev = from ? from.prev : conversation.state.head
  const stopping = { scope, wasInterrupted: () => running.interrupted }
  const taken = conversation.plan.agent
    ? await agentTurn({
        ...{ run: thread.run, conversation, message, stopping, audit: thread.audit },
        ...(from && { from }),
        ...(context !== undefined && { context }),
        async between(at) {
          if (due() && !running.interrupted) await continueThread(thread, conversation, at)
        },
      })
    : await takeTurn(conversation, message, stopping)
  delete thread.running
  if (running.interruptedAt !== undefined) countLatency(running.interruptedAt)
  endTurn(thread, message, taken, prev)
}

/** Temporal's own cancellation stops the running answer like an interruption; the thread ends as cancelled afterwards. */
function onCancel(thread: Thread): void {
  CancellationScope.current().cancelRequested.catch(() => {
    thread.cancelled = true
    if (!thread.running) return
    thread.running.interrupted = true
    thread.running.cancel()
    // What waits for money waits no longer.
    if (thread.run.budget) serve(thread.run.budget)
  })
}
