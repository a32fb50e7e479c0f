// A run that goes on from another, or takes it back, is prepared where the repository is.
import { ApplicationFailure } from '@temporalio/activity'
import { FAILURE } from '../../contracts/failures.js'
import type { ActivityDeps } from '../deps.js'

/** @throws ApplicationFailure that names the task queue of the machine, when it is not this one */
export function refuseElsewhere({ hostQueue }: Pick<ActivityDeps, 'hostQueue'>, host: string | undefined): void {
  if (host === undefined || host === hostQueue) return
  throw ApplicationFailure.create({
    type: FAILURE.elsewhere,
    message: `the repository is on the machine that serves the task queue ${host}`,
    nonRetryable: true,
    details: [host],
  })
}
