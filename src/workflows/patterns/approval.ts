// A question that waits for a person, for days if it must. It is bound to a digest of exactly what is asked.
import { condition } from '@temporalio/workflow'
import type { Approval, Decision } from '../../contracts/messages.js'
import { type Asked, changed, type Run } from './run.js'

/**
 * @param refuses names what is wrong with an answer; it does not count then, and the question stays open.
 * @returns the decision, or undefined when the run was stopped while it waited.
 */
export async function approval(
  run: Run,
  ask: Pick<Approval, 'name' | 'title' | 'digest' | 'own'>,
  refuses?: Asked['refuses'],
): Promise<Decision | undefined> {
  let decision: Decision | undefined
  run.approvals.push({ ...ask, openedAt: new Date().toISOString() })
  run.answers.set(ask.name, {
    take(given) {
      decision = given
    },
    ...(refuses && { refuses }),
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
