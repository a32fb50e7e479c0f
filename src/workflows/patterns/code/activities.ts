// What a coding run does to a repository, on the machine that has it. Every time-out stands here with its reason.
import { type ActivityInterfaceFor, proxyActivities } from '@temporalio/workflow'
import type { Activities } from '../../../activities/index.js'
import type { CodeFacts } from '../../../contracts/code.js'

type Repository = Pick<
  Activities,
  | 'briefPlanner'
  | 'judgeCodePlan'
  | 'openWorktree'
  | 'collectWork'
  | 'combineWork'
  | 'offerWork'
  | 'commitWork'
  | 'undoCode'
  | 'finishCode'
  | 'clearWork'
>
type Tests = Pick<Activities, 'testWork'>

/** A repository of many thousand files is copied and compared; git may wait for another git. */
const GIT = {
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '15s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s', maximumAttempts: 20 },
} as const

export function inRepository({ host }: Pick<CodeFacts, 'host'>): ActivityInterfaceFor<Repository> {
  return proxyActivities<Repository>({ ...GIT, ...(host !== undefined && { taskQueue: host }) })
}

export function testing({ host }: Pick<CodeFacts, 'host'>): ActivityInterfaceFor<Tests> {
  return proxyActivities<Tests>({
    // Their own limit is half an hour.
    startToCloseTimeout: '40 minutes',
    heartbeatTimeout: '15s',
    // What they started has ended before anything is done to their working tree.
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s', maximumAttempts: 5 },
    ...(host !== undefined && { taskQueue: host }),
  })
}
