// Questions of a run, as a person finds and answers them.
import type { WorkflowHandle } from '@temporalio/client'
import type { Approval } from '../../src/contracts/messages.js'
import type { Stage } from './stage.js'
import { until } from './until.js'

/** Waits for the open question of this name. */
export function asked(stage: Stage, handle: WorkflowHandle, name: string): Promise<Approval> {
  return until(`the question "${name}" of ${handle.workflowId}`, async () => {
    const { approvals } = await stage.status(handle)
    return approvals.find((approval) => approval.name === name && !approval.answer)
  })
}

/** Answers it by its digest. @returns the question. */
export async function answer(
  stage: Stage,
  handle: WorkflowHandle,
  name: string,
  kind: 'approve' | 'reject',
  more: object = {},
): Promise<Approval> {
  const question = await asked(stage, handle, name)
  await handle.executeUpdate('decide', { args: [{ kind, digest: question.digest, by: 'mia', ...more }] })
  return question
}
