// Whoever wants to hear of what happens around an agent is told by an activity, and only where somebody does: a run
// without hooks pays nothing for them.
import { CancellationScope, proxyActivities, TemporalFailure, workflowInfo } from '@temporalio/workflow'
import type { AgentPlan } from '../../contracts/agent.js'
import type { HookEvent, HookOutcome, RunHooksRequest } from '../../contracts/hooks.js'

const { runHooks } = proxyActivities<{ runHooks(request: RunHooksRequest): Promise<HookOutcome> }>({
  // Each hook has a time-out of its own; several of them may follow each other.
  startToCloseTimeout: '15 minutes',
  // A hook that was running when its worker died is run again: it gets the same id.
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s', maximumAttempts: 5 },
})

/** `what`: names the event within its run: the same for every repetition. Never throws: a hook is no reason to fail. */
export async function tellHooks(
  agent: AgentPlan,
  event: HookEvent,
  what: string,
  fields: Record<string, unknown> = {},
): Promise<HookOutcome> {
  if (!agent.hooks.includes(event)) return { warnings: [] }
  const { workflowId, workflowType, firstExecutionRunId } = workflowInfo()
  const payload = {
    ...{ event, id: `${firstExecutionRunId}:${event}:${what}`, run: workflowId, workflow: workflowType },
    ...{ agent: agent.name, at: new Date().toISOString(), ...fields },
  }
  try {
    return await CancellationScope.nonCancellable(() => runHooks({ agent: agent.ref, payload }))
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error
    const why = error.cause instanceof Error ? error.cause.message : error.message
    return { warnings: [`hooks of ${event} could not be run: ${why}`] }
  }
}
