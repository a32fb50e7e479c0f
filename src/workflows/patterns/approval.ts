// A question that waits for a person, for days if it must. It is bound to a digest of exactly what is asked.
import { condition } from '@temporalio/workflow'
import type { Decision } from '../../contracts/messages.js'
import { changed, type Run } from './run.js'

/** @returns the decision, or undefined when the run was stopped while it waited. */
export async function approval(
  run: Run,
  ask: { name: string; title: string; digest: string },
): Promise<Decision | undefined> {
  let decision: Decision | undefined
  run.approvals.push({ ...ask, openedAt: new Date().toISOString() })
  run.answers.set(ask.name, (given) => {
    decision = given
  })
  run.state = 'waiting'
  changed(run)
  try {
    await condition(() => decision !== undefined || run.stopped)
    return decision
  } finally {
    run.answers.delete(ask.name)
  }
}
