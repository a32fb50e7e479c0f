// How a thread begins: its settings are checked and stored by an activity while messages may already come in.
import { ActivityFailure, ApplicationFailure, workflowInfo } from '@temporalio/workflow'
import { FAILURE } from '../../../contracts/failures.js'
import { isTooDeep, MAX_NESTING } from '../../../contracts/nesting.js'
import type { ThreadPlan } from '../../../contracts/thread.js'
import { isUnreadable } from '../../../contracts/unreadable.js'
import { tellHooks } from '../agent/hooks.js'
import { openBudget } from '../budget/budget.js'
import { planning } from '../calls/call.js'
import { changed, type Run } from '../run/run.js'
import { type Conversation, openConversation } from './conversation.js'
import { readMessage } from './messages.js'
import { accept } from './queue.js'
import { audited, see, type Thread, waitingMessages } from './state.js'

/** A task is the first turn, whatever is sent meanwhile. One that cannot be asked is refused with the input. */
export function beginTask(thread: Thread, input: unknown): void {
  if (typeof input !== 'object' || input === null || isTooDeep(input)) return
  thread.numbered = !('from' in input) || input.from === undefined
  if (!('task' in input) || input.task === undefined) return
  const message = readMessage(input.task)
  if ('refused' in message) throw invalid(`task: ${message.refused}`)
  thread.task = true
  accept(thread, message)
  if (!('verify' in input) || input.verify === undefined) return
  const next = readMessage(input.verify)
  if ('refused' in next) throw invalid(`verify: ${next.refused}`)
  accept(thread, next, { verifies: true })
}

/** Throws ApplicationFailure `InvalidInput`. */
export async function preparedThread(thread: Thread, input: unknown): Promise<Conversation> {
  const { run } = thread
  changed(run)
  // No input at all is a thread with nothing but defaults.
  const plan = await preparedSettings(run, input ?? {})
  const budget = openBudget(run, plan.budgetUsd, undefined, plan.agent?.approvers)
  const conversation = openConversation(plan, { run: workflowInfo().firstExecutionRunId, budget })
  renumber(thread, plan.state.next - 1)
  thread.conversation = conversation
  audited(thread, plan)
  const told = plan.agent && (await tellHooks(plan.agent, 'session_start', ''))
  if (told?.context !== undefined) thread.context = told.context
  run.state = run.paused ? 'paused' : 'open'
  changed(run)
  return conversation
}

/** Throws ApplicationFailure `InvalidInput`. */
export async function preparedSettings(run: Run, input: unknown): Promise<ThreadPlan> {
  if (isUnreadable(input)) throw invalid(`${input.unreadable}; wanted JSON`)
  if (isTooDeep(input)) throw invalid(`is nested too deep; wanted at most ${MAX_NESTING} levels of lists and objects`)
  try {
    return await planning.prepareThread({ input, self: run.self })
  } catch (error) {
    const cause = error instanceof ActivityFailure ? error.cause : undefined
    if (!(cause instanceof ApplicationFailure)) throw error
    // The cause itself becomes the thread's failure: "InvalidInput: …" instead of "activity task failed".
    throw ApplicationFailure.nonRetryable(cause.message, cause.type)
  }
}

/** The turns of a fork go on being counted from where it begins; what came before that was known follows. */
function renumber(thread: Thread, by: number): void {
  thread.numbered = true
  if (by === 0) return
  for (const message of waitingMessages(thread)) message.turn += by
  for (const [id, turn] of [...thread.seen]) see(thread, id, turn + by)
  const ended = [...thread.ended.values()]
  thread.ended.clear()
  for (const turn of ended) thread.ended.set(turn.turn + by, { ...turn, turn: turn.turn + by })
  thread.next += by
}

function invalid(reason: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`input: ${reason}`, FAILURE.invalidInput)
}
