// Whoever wants to hear of what happens around an agent is told by an activity, and only where somebody does: a run
// without hooks pays nothing for them.
import { CancellationScope, TemporalFailure, workflowInfo } from '@temporalio/workflow'
import type { AgentPlan } from '../../../contracts/agent.js'
import type { HookEvent, HookOutcome } from '../../../contracts/hooks.js'
import { runHooks } from '../run/hooks.js'

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
    const said = `hooks of ${event} could not be run: ${why}`
    // Somebody relies on being asked first.
    return event === 'prompt_submission' ? { block: said, warnings: [] } : { warnings: [said] }
  }
}
