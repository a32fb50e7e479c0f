// The life of a thread: one turn after the other as messages come, asleep in between at no cost, continued as new when
// its history has grown, until it is closed and nothing waits.
import { CancellationScope, condition } from '@temporalio/workflow'
import type { WaitingMessage } from '../../contracts/thread.js'
import { type Conversation, clearConversation, takeTurn } from './conversation.js'
import { changed } from './run.js'
import { continuationDue, continueThread } from './thread-continuation.js'
import { endTurn, forget, type Thread } from './thread-state.js'

export async function converse(thread: Thread, conversation: Conversation): Promise<void> {
  onCancel(thread)
  const due = continuationDue(thread)
  const over = () => thread.cancelled || (thread.closing && thread.queue.length === 0)
  // Not cancellable itself: a cancelled thread waits until its call has handed over what it had.
  await CancellationScope.nonCancellable(async () => {
    for (;;) {
      await condition(() => over() || due() || (!thread.run.paused && thread.queue.length > 0))
      if (over()) return
      if (due()) await continueThread(thread, conversation)
      const next = thread.queue.shift()
      if (next?.kind === 'clear') {
        forget(thread)
        clearConversation(conversation)
        changed(thread.run)
      } else if (next) await answer(thread, conversation, next)
    }
  })
}

async function answer(thread: Thread, conversation: Conversation, message: WaitingMessage): Promise<void> {
  const scope = new CancellationScope()
  const running = { message, interrupted: false, cancel: () => scope.cancel() }
  thread.running = running
  changed(thread.run)
  const prev = conversation.state.head
  const taken = await takeTurn(conversation, message, { scope, wasInterrupted: () => running.interrupted })
  delete thread.running
  endTurn(thread, message, taken, prev)
}

/** Temporal's own cancellation stops the running answer like an interruption; the thread ends as cancelled afterwards. */
function onCancel(thread: Thread): void {
  CancellationScope.current().cancelRequested.catch(() => {
    thread.cancelled = true
    if (!thread.running) return
    thread.running.interrupted = true
    thread.running.cancel()
  })
}
