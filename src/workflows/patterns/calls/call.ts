// How a call reaches a worker, and how whatever comes of it becomes an outcome. Every time-out and retry policy of calls
// stands here with its reason.
import {
  ActivityFailure,
  type ActivityInterfaceFor,
  ApplicationFailure,
  CancellationScope,
  proxyActivities,
  TemporalFailure,
} from '@temporalio/workflow'
import type { Activities } from '../../../activities/index.js'
import type { CallFailureDetails, CallOutcome, CallRequest } from '../../../contracts/call.js'
import type { ItemResult } from '../../../contracts/outcome.js'
import type { Usd } from '../../../contracts/usage.js'
import { noUsage } from '../../../contracts/usage.js'

/** Small steps against storage: retried for ever, because nothing else can be done without them. */
export const steps = proxyActivities<
  Pick<
    Activities,
    | 'spentOn'
    | 'keepOutcomes'
    | 'recallOutcomes'
    | 'digest'
    | 'consolidate'
    | 'report'
    | 'gather'
    | 'answer'
    | 'keepTurn'
    | 'judgePlan'
    | 'gatherParts'
    | 'briefAuthor'
    | 'checkAgent'
    | 'finishAccount'
    | 'gatherAccount'
  >
>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
})

/** Reads files and asks the API to count: minutes for a large repository. */
const PLANNING = {
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '15s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1 minute' },
} as const
export const planning = proxyActivities<Pick<Activities, 'prepare' | 'prepareThread'>>(PLANNING)

/** The same by the workers of one queue. */
export function planningOn(taskQueue: string): typeof planning {
  return proxyActivities<Pick<Activities, 'prepare' | 'prepareThread'>>({ ...PLANNING, taskQueue })
}

/** Activities that ask a model. */
export function asking<N extends 'callClaude' | 'answerTurn' | 'condense'>({
  timeoutSeconds,
  label,
}: Pick<CallRequest, 'timeoutSeconds' | 'label'>): ActivityInterfaceFor<Pick<Activities, N>> {
  return proxyActivities<Pick<Activities, N>>({
    // Our own timer ends the request; this only catches a worker that hangs.
    startToCloseTimeout: (timeoutSeconds + 30) * 1000,
    // A dead worker is noticed by this; its lease in the journal (10 s) has run out by then.
    heartbeatTimeout: '15s',
    // What was generated is paid for: wait until the activity has handed over what it has.
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    // The journal counts failures; a policy cannot tell a 500 from a 429 or a dead worker.
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '60s' },
    summary: label.slice(0, 200),
  })
}

/** `paidUsd`: it was not asked again, because more might be spent than was set aside; so much its attempts cost. */
export type Ended = { result: ItemResult; savedUsd: Usd; reused: boolean; paidUsd?: number }

/**
 * No async function on purpose: the sandbox records a stack for every promise, which was most of what a call cost in it.
 * @param scope what an interruption cancels.
 * @param wasInterrupted whether a person asked this item to stop: from then on any ending without an answer is an
 *   interruption (a dead worker, a failure, waiting for a retry).
 */
export function call(
  request: CallRequest,
  id: string,
  scope: CancellationScope,
  wasInterrupted: () => boolean,
): Promise<Ended> {
  const { callClaude } = asking<'callClaude'>(request)
  return scope
    .run(() => callClaude(request))
    .then(
      (outcome) => fromOutcome(outcome, id),
      (error: unknown) => {
        if (!(error instanceof TemporalFailure)) throw error
        return wasInterrupted() || scope.consideredCancelled ? interrupted(request, id) : failed(error, id)
      },
    )
}

function fromOutcome(outcome: CallOutcome, id: string): Ended {
  const { usage, usd, attempts, warnings, savedUsd } = outcome
  const spent = { usage, usd, attempts, warnings }
  if (outcome.kind === 'interrupted') {
    const partial = outcome.partial !== undefined && { partial: outcome.partial }
    return { result: { id, status: 'interrupted', ...partial, ...spent }, savedUsd, reused: false }
  }
  const output = outcome.output !== undefined && { output: outcome.output }
  return { result: { id, status: 'ok', text: outcome.text, ...output, ...spent }, savedUsd, reused: outcome.reused }
}

/** The activity did not come back: the journal knows what its attempts cost. */
async function interrupted({ root, step, run }: CallRequest, id: string): Promise<Ended> {
  const { savedUsd, ...spent } = await CancellationScope.nonCancellable(() => steps.spentOn({ root, step, run }))
  return { result: { id, status: 'interrupted', ...spent, warnings: [] }, savedUsd, reused: false }
}

/** What a call failed with at last, and what is known of it. */
export function readFailure(error: TemporalFailure): {
  error: NonNullable<ItemResult['error']>
  details?: CallFailureDetails
} {
  const cause = error instanceof ActivityFailure && error.cause instanceof Error ? error.cause : error
  const details =
    cause instanceof ApplicationFailure ? (cause.details?.[0] as CallFailureDetails | undefined) : undefined
  const type = cause instanceof ApplicationFailure ? (cause.type ?? 'Error') : cause.name
  const statusCode = details?.statusCode !== undefined && { statusCode: details.statusCode }
  return { error: { type, message: cause.message, ...statusCode }, ...(details && { details }) }
}

function failed(failure: TemporalFailure, id: string): Ended {
  const { error, details } = readFailure(failure)
  return {
    result: {
      id,
      status: 'error',
      error,
      usage: details?.usage ?? noUsage(),
      usd: details === undefined ? null : details.usd,
      attempts: details?.attempts ?? 0,
      warnings: details?.warnings ?? [],
    },
    savedUsd: details?.savedUsd ?? 0,
    reused: false,
    ...(details?.paidUsd !== undefined && { paidUsd: details.paidUsd }),
  }
}

/** An item that was never asked. */
export function skipped(id: string): ItemResult {
  return { id, status: 'skipped', usage: noUsage(), usd: 0, attempts: 0, warnings: [] }
}
