// How a tool call reaches a worker: one activity, with its limits and their reasons.
import { proxyActivities } from '@temporalio/workflow'
import type { Activities } from '../../../activities/index.js'
import { type RunToolOutcome, type RunToolRequest, type ToolCall, toolStepOf } from '../../../contracts/agent.js'
import type { ToolStep } from './tool-step.js'

/** `approved`: by whom; absent: a rule. `tries`: it is asked about, judged or run again for the so many-th time. */
export type Attempt = { approved?: { by: string; at: string }; again?: true; tries: number }

const DEFAULT_SECONDS = 120

export function dispatched(at: ToolStep, call: ToolCall, { approved, again }: Attempt): Promise<RunToolOutcome> {
  const { plan, payer, stepName, chunk, stopping } = at
  const { id, tool, digest, effect, input, summary, timeoutSeconds = DEFAULT_SECONDS } = call
  const request: RunToolRequest = {
    ...{ root: plan.root, run: payer, step: toolStepOf(stepName, id), label: summary, agent: plan.agent.ref, chunk },
    call: { id, tool, digest, effect, ...(input !== undefined && { input }) },
    ...(approved && { approved }),
    ...(again && { again }),
    timeoutSeconds,
  }
  return stopping.scope.run(() => running(request).runTool(request))
}

/** As an activity, for whoever has a call that may run. */
export function running({ timeoutSeconds, label }: Pick<RunToolRequest, 'timeoutSeconds' | 'label'>) {
  return proxyActivities<Pick<Activities, 'runTool'>>({
    // The activity ends the tool itself; this only catches a worker that hangs.
    startToCloseTimeout: (timeoutSeconds + 60) * 1000,
    // A dead worker is noticed by this; its lease in the journal (10 s) has run out by then.
    heartbeatTimeout: '15s',
    // What it did is to be known: wait until it has said so.
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    // The journal knows what earlier attempts did, so that another one repeats nothing.
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '60s' },
    summary: label.slice(0, 200),
  })
}
