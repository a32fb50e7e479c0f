// Plan, price, approve: what a run will cost is known, and said yes to where it must be, before anything is spent.
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow'
import { FAILURE } from '../../../contracts/failures.js'
import { hostQueue } from '../../../contracts/names.js'
import { isTooDeep, MAX_NESTING } from '../../../contracts/nesting.js'
import type { Plan, PrepareRequest } from '../../../contracts/plan.js'
import { isUnreadable } from '../../../contracts/unreadable.js'
import { approval } from '../approvals/approval.js'
import { openBudget } from '../budget/budget.js'
import { planning, planningOn } from '../calls/call.js'
import { dollars } from '../page/dollars.js'
import { changed, type Run, refuse } from './run.js'

/** A model goes on with what was prepared. @returns undefined when there is nothing to ask a person about. */
export type Refine = (plan: Plan, note?: string) => Promise<Plan | undefined>

/** @returns undefined when the run ends here: a dry run, rejected, or stopped. */
export async function planned(
  run: Run,
  workflow: PrepareRequest['workflow'],
  input: unknown,
  refine?: Refine,
): Promise<Plan | undefined> {
  let asked = input
  let revised = false
  const planAgain = async (from: unknown, note?: string) => {
    const prepared = await prepare(run, workflow, from)
    // A dry run asks nobody; a plan that a person brings to it is judged all the same.
    if (!prepared || (prepared.dryRun && !prepared.code) || run.stopped) return prepared
    run.plan = prepared
    limit(run, prepared)
    return refine ? refine(prepared, note) : prepared
  }
  let plan = await planAgain(asked)
  while (plan && !run.stopped) {
    run.plan = plan
    if (plan.dryRun) return undefined
    if (!revised && !needsApproval(plan)) return plan
    const decision = await approval(run, {
      name: 'plan',
      title: `${plan.title} for ${dollars(plan.price.expectedUsd)}`,
      digest: plan.digest,
      ...(plan.code?.approvers && { approvers: plan.code.approvers }),
    })
    if (decision?.kind === 'approve') return plan
    if (decision?.kind === 'reject') run.rejected = true
    if (decision?.kind !== 'revise') return undefined
    const { input: change, note } = decision
    const patched = patch(asked, (change ?? {}) as Record<string, unknown>)
    try {
      plan = refine && !change ? await refine(plan, note) : await planAgain(patched, note)
      asked = patched
      revised = true
    } catch (error) {
      // A patch that makes no sense is refused like any bad answer; the plan it was meant for is asked about again.
      const reason = invalidInput(readable(error))
      if (!reason) throw error
      refuse(run, 'revise', reason)
    }
  }
  return undefined
}

/** A revised plan may have another budget; what was spent on planning stays spent. */
function limit(run: Run, { budgetUsd }: Plan): void {
  if (budgetUsd === undefined) delete run.budget
  else if (run.budget) run.budget.capUsd = budgetUsd
  else openBudget(run, budgetUsd)
}

/** @returns undefined when the run was stopped meanwhile. */
export async function prepare(
  run: Run,
  workflow: PrepareRequest['workflow'],
  input: unknown,
): Promise<Plan | undefined> {
  const unfit = whyUnfit(input)
  if (unfit) throw ApplicationFailure.nonRetryable(`input: ${unfit}`, FAILURE.invalidInput)
  // People's own code prepares calls again and again, while others run.
  if (workflow !== 'calls') {
    run.state = 'preparing'
    changed(run)
  }
  const scope = new CancellationScope({ cancellable: true })
  const stopped = condition(() => run.stopped).then(() => scope.cancel())
  try {
    return await Promise.race([
      scope.run(() => preparedSomewhere({ workflow, input, self: run.self })),
      stopped.then(() => undefined),
    ])
  } catch (error) {
    if (run.stopped && isCancellation(error)) return undefined
    throw readable(error)
  }
}

async function preparedSomewhere(request: PrepareRequest): Promise<Plan> {
  try {
    return await preparing(request.workflow, request.input).prepare(request)
  } catch (error) {
    const queue = elsewhere(error)
    if (queue === undefined) throw error
    return planningOn(queue).prepare(request)
  }
}

/** The queue of the machine that can do it, when the one that was asked cannot. */
function elsewhere(error: unknown): string | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : undefined
  if (!(cause instanceof ApplicationFailure) || cause.type !== FAILURE.elsewhere) return undefined
  const queue = cause.details?.[0]
  return typeof queue === 'string' ? queue : undefined
}

/** A repository is prepared on the machine that has it. */
function preparing(workflow: PrepareRequest['workflow'], input: unknown): typeof planning {
  if (workflow !== 'code' || typeof input !== 'object' || input === null || !('host' in input)) return planning
  const { host } = input
  return typeof host === 'string' && host !== '' ? planningOn(hostQueue(workflowInfo().taskQueue, host)) : planning
}

/** Asked before it is handed on: no activity can be given what cannot be written. */
function whyUnfit(input: unknown): string | undefined {
  if (isUnreadable(input)) return `${input.unreadable}; wanted JSON`
  if (isTooDeep(input)) return `is nested too deep; wanted at most ${MAX_NESTING} levels of lists and objects`
  return undefined
}

export function needsApproval({ confirm, price }: Pick<Plan, 'confirm' | 'price'>): boolean {
  if (confirm === 'always') return true
  if (confirm === 'never') return false
  // An unknown price counts as over.
  return price.worstUsd === null || price.worstUsd > confirm.overUsd
}

/** Fields of the patch replace those of the input; null removes one. */
function patch(input: unknown, change: Record<string, unknown>): unknown {
  const merged = { ...(input as Record<string, unknown>), ...change }
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null))
}

function invalidInput(error: unknown): string | undefined {
  return error instanceof ApplicationFailure && error.type === FAILURE.invalidInput ? error.message : undefined
}

/** The cause itself becomes the run's failure: "InvalidInput: …" instead of "activity task failed". */
function readable(error: unknown): unknown {
  const cause = error instanceof ActivityFailure ? error.cause : undefined
  if (!(cause instanceof ApplicationFailure)) return error
  return ApplicationFailure.nonRetryable(cause.message, cause.type)
}
