// What tests of agents have in common: answers that use tools, and the questions an agent waits with.
import type { WorkflowHandle } from '@temporalio/client'
import type { Approval } from '../../src/contracts/messages.js'
import type { Stage } from './stage.js'
import { until } from './until.js'

export type Use = { name: string; input?: unknown; id?: string; json?: string }

/** Blocks of a scripted answer. */
export const uses = (...tools: Use[]) => tools.map((tool) => ({ type: 'tool_use' as const, input: {}, ...tool }))
export const say = (text: string) => ({ type: 'text' as const, text })

/** The questions that wait, once there are so many. */
export function questions(stage: Stage, run: WorkflowHandle, count = 1): Promise<Approval[]> {
  return until(`${count} questions of ${run.workflowId}`, async () => {
    const { approvals } = await stage.status(run)
    const waiting = approvals.filter(({ answer }) => !answer)
    return waiting.length >= count && waiting
  })
}

/** The names of the activities of a run that were scheduled, in order. */
export async function scheduled(run: WorkflowHandle): Promise<string[]> {
  const { events } = await run.fetchHistory()
  return (events ?? []).flatMap(
    ({ activityTaskScheduledEventAttributes: activity }) => activity?.activityType?.name ?? [],
  )
}
