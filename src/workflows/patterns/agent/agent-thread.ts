// An agent of a run at work: a thread of its own with its own context, which ends with its answer. It is steered by
// messages and never cancelled: interrupted, it hands over what it cost.
import { ApplicationFailure, ChildWorkflowFailure, condition, startChild, TemporalFailure } from '@temporalio/workflow'
import { FAILURE } from '../../../contracts/failures.js'
import { type BudgetState, close, interrupt } from '../../../contracts/messages.js'
import type { ItemResult } from '../../../contracts/outcome.js'
import type { Ref, Text } from '../../../contracts/refs.js'
import type { ThreadInput } from '../../../contracts/schemas/index.js'
import type { ThreadResult } from '../../../contracts/thread.js'
import { noUsage, type Usd } from '../../../contracts/usage.js'
import { skipped } from '../calls/call.js'
import { wasInterrupted } from '../run/interruption.js'
import { changed, type Run, short } from '../run/run.js'
import { steeredChild } from '../run/steered-child.js'

type ThreadWorkflow = (input: ThreadInput) => Promise<ThreadResult>
export type AgentAnswer = {
  result: ItemResult
  savedUsd: Usd
  answer?: Text
  /** Of an agent whose answers have a schema. */
  output?: unknown
  head?: Ref
  budget?: BudgetState
}

/** `item`: of the run; `name`: of the child's id, unique in the run. */
export type AskAgent = {
  item: string
  name: string
  input: ThreadInput
  summary: string
  /** Of the machine whose files it works on; absent: the run's own. */
  taskQueue?: string | undefined
}

export async function askAgent(run: Run, { item, name, input, summary, taskQueue }: AskAgent): Promise<AgentAnswer> {
  if (run.paused) await condition(() => !run.paused || run.stopped)
  if (wasInterrupted(run, item))
    return { result: { ...skipped(item), ...(!run.stopped && { status: 'interrupted' }) }, savedUsd: 0 }
  // Its task is its first turn: being answered, or still waiting while it is prepared. What comes behind it goes first.
  const turns = input.verify === undefined ? [1] : [2, 1]
  const stopping = turns.map((turn): [typeof interrupt, unknown] => [interrupt, { turn }])
  const steered = steeredChild<ThreadWorkflow>(run, item, [...stopping, [close]])
  run.state = 'running'
  changed(run)
  const workflowId = `${run.self.workflowId}/${name}`
  try {
    const child = await startChild<ThreadWorkflow>('thread', {
      workflowId,
      args: [input],
      ...(taskQueue !== undefined && { taskQueue }),
      // A run that is terminated leaves no agent at work.
      parentClosePolicy: 'REQUEST_CANCEL',
      staticSummary: short(summary, 120),
    })
    steered.of(child)
    return noted(run, workflowId, name, fromThread(await child.result(), item))
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error
    return noted(run, workflowId, name, fromFailure(error, item))
  } finally {
    steered.over()
  }
}

function noted(run: Run, workflowId: string, name: string, answer: AgentAnswer): AgentAnswer {
  const { status } = answer.result
  // As threads call it, for whoever looks for its log.
  run.audit?.({ type: 'child', run: workflowId, name, status: status === 'ok' ? 'completed' : status })
  return answer
}

function fromThread(thread: ThreadResult, id: string): AgentAnswer {
  const { status, usage, usd, savedUsd, turns, answer, output, head, budget } = thread
  const spent = { id, usage, usd, attempts: turns, warnings: [] }
  const kept = {
    ...(answer !== undefined && { answer }),
    ...(output !== undefined && { output }),
    ...(head !== undefined && { head }),
  }
  const money = budget && { budget }
  if (status === 'completed' && answer !== undefined)
    return { result: { ...spent, status: 'ok', text: answer }, savedUsd, ...kept, ...money }
  if (status === 'interrupted') return { result: { ...spent, status: 'interrupted' }, savedUsd, ...money }
  const error = { type: FAILURE.runFailed, message: `its thread is ${status} and has no answer` }
  return { result: { ...spent, status: 'error', error }, savedUsd, ...money }
}

/** A failed thread carries what it cost in its failure. */
function fromFailure(failure: TemporalFailure, id: string): AgentAnswer {
  const cause = failure instanceof ChildWorkflowFailure && failure.cause instanceof Error ? failure.cause : failure
  const known = cause instanceof ApplicationFailure && cause.type === FAILURE.runFailed ? cause.details?.[0] : undefined
  const { usage, usd, turns, savedUsd, budget } = (known ?? {
    usage: noUsage(),
    usd: 0,
    savedUsd: 0,
    turns: 0,
  }) as ThreadResult
  const type = cause instanceof ApplicationFailure ? (cause.type ?? 'Error') : cause.name
  const error = { type, message: short(cause.message, 500) }
  return {
    result: { id, status: 'error', error, usage, usd, attempts: turns, warnings: [] },
    savedUsd,
    ...(budget && { budget }),
  }
}
