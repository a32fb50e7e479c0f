// What happens in a run that is no agent, told to whoever its worker's settings name; where nobody listens, nothing is
// done at all. Nothing depends on what a hook answers here.
import { CancellationScope, proxyActivities, TemporalFailure } from '@temporalio/workflow'
import type { Activities } from '../../../activities/index.js'
import type { HookEvent } from '../../../contracts/hooks.js'
import type { Run } from './run.js'

/** For agents, too. */
export const { runHooks } = proxyActivities<Pick<Activities, 'runHooks'>>({
  // All hooks of an event, one after the other, each with its own time-out.
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '15s',
  // What a hook does wrong is an outcome; this is for workers that die. The hook gets the same id again.
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s', maximumAttempts: 10 },
})

/** A person is asked; the run goes on waiting meanwhile. */
export function tellQuestion(run: Run, asked: { name: string; title: string; digest: string; openedAt: string }): void {
  if (!listens(run, 'approval_requested')) return
  const { name, title, digest, openedAt } = asked
  tell(run, 'approval_requested', `${name}/${openedAt}`, { approval: name, title, digest }).catch(isOver)
}

/** Also of a run that was cancelled: it ends when they have heard. */
export async function tellEnd(run: Run): Promise<void> {
  if (!listens(run, 'run_finished')) return
  const { usage, usd } = run.totals
  const facts = { status: run.state, usage, usd, title: run.plan?.title }
  await CancellationScope.nonCancellable(() => tell(run, 'run_finished', '', facts)).catch(isOver)
}

/** A part of a delegation is no run of its own to anybody. */
function listens({ plan }: Run, event: HookEvent): boolean {
  const isPart = plan?.delegation !== undefined && plan.delegation.path !== ''
  return !isPart && plan?.hooks?.includes(event) === true
}

/** @param what tells this event from others of its kind in this run. */
async function tell(run: Run, event: HookEvent, what: string, facts: object): Promise<void> {
  const { workflowId, firstRunId } = run.self
  const named = { event, id: `${firstRunId}:${event}:${what}`, run: workflowId, workflow: run.workflow }
  await runHooks({ payload: { ...named, at: new Date().toISOString(), ...facts } })
}

/** It could not be told, or was cancelled with the run: Temporal shows why. */
function isOver(error: unknown): void {
  if (!(error instanceof TemporalFailure)) throw error
}
