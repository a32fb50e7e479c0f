// How messages come in: in order, each once, refused with the reason where they cannot be taken, and never lost. The
// same for those that want an answer (`send`) and those that want none (`post`, `steer`, `clear`).
import { workflowInfo } from '@temporalio/workflow'
import type { WaitingMessage } from '../../../contracts/continued-thread.js'
import { FAILURE } from '../../../contracts/failures.js'
import { MAX_WAITING_BYTES } from '../../../contracts/thread.js'
import type { Read } from '../approvals/answer.js'
import { changed, firstTime } from '../run/run.js'
import { type ReadMessage, readMessage } from './messages.js'
import { dropMessage, see, type Thread, waitingMessages } from './state.js'

/** Messages that may wait. */
const MAX_WAITING = 10_000

/** Beside its content and id, which has at most three bytes a unit: counted again for each message, so not encoded. */
const CARRIED_BYTES = 120

/** An execution takes no further `send` when it is this far from its limits: 51,200 events, 50 MiB, 2,000 updates. */
const HARD = { events: 10_000, bytes: 20 * 1024 * 1024, updates: 1500 }

type Refusal = { type: string; refused: string }
export type Judged = Refusal | { repeated: number } | { message: ReadMessage }

/** Reads only. */
export function judge(thread: Thread, sent: unknown, how: { byUpdate: boolean }): Judged {
  const message: Read<ReadMessage> = readMessage(sent)
  if ('refused' in message) return { type: FAILURE.messageRefused, refused: `message: ${message.refused}` }
  const repeated = message.id === undefined ? undefined : thread.seen.get(message.id)
  if (how.byUpdate && isContinuing(thread))
    return { type: FAILURE.continuing, refused: 'the thread is about to continue as new: send again, with the same id' }
  if (how.byUpdate && !thread.numbered)
    return { type: FAILURE.continuing, refused: 'the fork is being prepared: send again, with the same id' }
  if (repeated !== undefined) return { repeated }
  if (thread.closing) return { type: FAILURE.threadClosed, refused: 'the thread is closed and takes no more messages' }
  const waiting = waitingMessages(thread)
  const bytes = waiting.reduce((sum, one) => sum + carriedBytes(one), carriedBytes(message))
  if (bytes > MAX_WAITING_BYTES)
    return {
      type: FAILURE.messageRefused,
      refused: `${waiting.length} messages wait, with this one ${bytes} bytes; wanted at most ${MAX_WAITING_BYTES}: send it later`,
    }
  if (thread.queue.length >= MAX_WAITING)
    return {
      type: FAILURE.messageRefused,
      refused: `${thread.queue.length} messages wait; wanted at most ${MAX_WAITING}: send it later`,
    }
  return { message }
}

/** Roughly, of all that a continuation carries of it: the server terminates a run whose input is larger than 2 MiB. */
function carriedBytes({ bytes, id = '' }: Pick<ReadMessage, 'bytes' | 'id'>): number {
  return bytes + CARRIED_BYTES + 3 * id.length
}

/** @returns the turn's number. */
export function accept(
  thread: Thread,
  { content, bytes, id, cacheHistory }: ReadMessage,
  { steers = false, verifies = false }: { steers?: boolean; verifies?: boolean } = {},
): number {
  const turn = thread.next++
  const message: WaitingMessage = { kind: 'message', turn, content, bytes, cacheHistory, ...(verifies && { verifies }) }
  if (id !== undefined) {
    message.id = id
    see(thread, id, turn)
  }
  if (steers) {
    message.steers = true
    // Several keep their order, before everything else.
    const at = thread.queue.findIndex((waiting) => waiting.kind !== 'message' || !waiting.steers)
    thread.queue.splice(at < 0 ? thread.queue.length : at, 0, message)
  } else thread.queue.push(message)
  changed(thread.run)
  return turn
}

/** Goes before what waits; what runs is interrupted. With nothing running it is a message like any other. */
export function steerBy(thread: Thread, message: ReadMessage): void {
  accept(thread, message, { steers: thread.running !== undefined })
  interruptRunning(thread)
}

/** @returns why nothing was done, if so. */
export function clearThread(thread: Thread, id: string | undefined): string | undefined {
  if (thread.closing) return 'the thread is closed and takes no more messages'
  if (thread.queue.length >= MAX_WAITING) return `${thread.queue.length} messages wait; wanted at most ${MAX_WAITING}`
  if (!firstTime(thread.run, 'clear', id)) return undefined
  thread.queue.push({ kind: 'clear' })
  changed(thread.run)
  return undefined
}

/** @returns why nothing was stopped, if so. */
export function interruptTurn(thread: Thread, turn: number | undefined): string | undefined {
  if (turn === undefined || turn === thread.running?.message.turn)
    return interruptRunning(thread) ? undefined : 'nothing is being answered'
  const at = thread.queue.findIndex((waiting) => waiting.kind === 'message' && waiting.turn === turn)
  const [message] = at < 0 ? [] : thread.queue.splice(at, 1)
  if (message?.kind === 'message') {
    dropMessage(thread, message)
    return undefined
  }
  if (turn < 1 || turn >= thread.next) return `there is no turn ${turn}${range(thread)}`
  const status = thread.ended.get(turn)?.status
  return `turn ${turn} has already ended${status ? `: ${status}` : ''}`
}

/** What waits is taken out, too. @returns why nothing was stopped, if so. */
export function interruptAll(thread: Thread): string | undefined {
  const waiting = waitingMessages(thread)
  thread.queue.splice(0)
  for (const message of waiting) dropMessage(thread, message)
  return interruptRunning(thread) || waiting.length > 0 ? undefined : 'nothing is being answered'
}

function interruptRunning({ running, run }: Thread): boolean {
  if (!running) return false
  running.interrupted = true
  running.interruptedAt ??= Date.now()
  running.cancel()
  changed(run)
  return true
}

export function range({ next }: Thread): string {
  return next === 1 ? ': nothing was sent yet' : `; wanted 1 to ${next - 1}`
}

function isContinuing({ continuing, accepted }: Thread): boolean {
  const { historyLength, historySize } = workflowInfo()
  return continuing || historyLength >= HARD.events || historySize >= HARD.bytes || accepted >= HARD.updates
}
