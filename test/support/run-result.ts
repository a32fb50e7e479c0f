// What a run ended with, as any program reads it: the result of the workflow, or, where no item is ok, the details of
// its failure.
import { ApplicationFailure, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client'
import type { ReviewResult } from '../../src/contracts/outcome.js'

/** The result whatever its status; throws when there is none (refused input, cancelled). */
export async function resultOf(handle: WorkflowHandle): Promise<ReviewResult> {
  try {
    return await handle.result()
  } catch (error) {
    const failure = failureIn(error)
    if (failure?.type === 'RunFailed') return failure.details?.[0] as ReviewResult
    throw error
  }
}

/** The failure a run was closed with; throws when it was not. */
export async function failureOf(handle: WorkflowHandle): Promise<ApplicationFailure> {
  try {
    await handle.result()
  } catch (error) {
    const failure = failureIn(error)
    if (failure) return failure
    throw error
  }
  throw new Error(`${handle.workflowId} did not fail`)
}

function failureIn(error: unknown): ApplicationFailure | undefined {
  return error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure ? error.cause : undefined
}
