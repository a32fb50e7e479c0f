// A conversation: messages come when they come, each is answered by a turn, in order. It lives as long as people want
// it to, costs nothing while nobody says anything, and with a `task` it ends with its answer.

import type { ContinuedThread } from '../contracts/continued-thread.js'
import type { ThreadInput } from '../contracts/schemas/index.js'
import type { ThreadResult } from '../contracts/thread.js'
import { showProgress } from './patterns/page/progress.js'
import { continuedFrom, type Input } from './patterns/run/continuation.js'
import { converse } from './patterns/thread/converse.js'
import { concludeThread, threadToItsEnd } from './patterns/thread/end.js'
import { pageOf } from './patterns/thread/page.js'
import { beginTask, preparedThread } from './patterns/thread/start.js'
import { openThread } from './patterns/thread/state.js'
import { steerThread } from './patterns/thread/steering.js'

export async function thread(input: Input<ThreadInput, ContinuedThread>): Promise<ThreadResult> {
  const continued = continuedFrom<ContinuedThread>(input)
  const state = openThread(continued)
  if (!continued) beginTask(state, input)
  steerThread(state)
  showProgress(state.run, { page: () => pageOf(state), usd: true })
  return threadToItsEnd(state, async () => {
    const conversation = state.conversation ?? (await preparedThread(state, input))
    await converse(state, conversation)
    return concludeThread(state)
  })
}
