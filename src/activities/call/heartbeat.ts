// A heartbeat carries progress to people at no history cost, and cancellation back to us; both are only as quick as it.
import type { Context } from '@temporalio/activity'
import type { CallProgress } from '../../contracts/call.js'
import { lastLine } from '../texts.js'
import type { Progress } from './stream.js'
import { estimateTokens } from './usage.js'

/** As often as they are sent: at 200 ms, two hundred calls of 2 s took a tenth longer and were stopped no sooner. */
const EVERY_MS = 500
const LINE_CHARACTERS = 200

/** @returns stops beating. */
export function beat(context: Context, item: string, progress: Progress): () => void {
  const send = () => {
    const details: CallProgress = {
      item,
      tokens: estimateTokens(progress.characters),
      lastLine: lastLine(progress.text, LINE_CHARACTERS),
    }
    context.heartbeat(details)
  }
  // Not at once: a heartbeat is a write at the server, and a call that is over before the first needs none.
  const timer = setInterval(send, EVERY_MS)
  return () => clearInterval(timer)
}
