// What waits for a person, short enough for the memo: every list of runs has it, without asking any run or worker.
import type { Approval, OpenApproval } from '../../../contracts/messages.js'
import { openApprovals, type Run } from '../run/run.js'
import { dollars } from './dollars.js'

/** Entries, and characters of each: a change of them is an event in history. */
const MOST = 20
const TITLE = 200
const ABOUT = 120

export function openQuestions(run: Run): OpenApproval[] {
  return openApprovals(run)
    .slice(0, MOST)
    .map((approval) => entry(run, approval))
}

function entry(run: Run, approval: Approval): OpenApproval {
  const { name, title, digest, openedAt, approvers, expiresAt, onExpiry } = approval
  return {
    ...{ name, digest, openedAt, kind: kindOf(approval) },
    title: title.slice(0, TITLE),
    about: aboutOf(run, approval).slice(0, ABOUT),
    ...(approvers && { approvers: approvers.slice(0, MOST) }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(onExpiry !== undefined && { onExpiry }),
  }
}

function kindOf({ tool, unknown, budget, own, choices, work }: Approval): OpenApproval['kind'] {
  if (tool) return 'tool'
  if (unknown) return 'unknown'
  if (budget) return 'budget'
  return own || choices || work ? 'own' : 'plan'
}

/** Of a plan its price, of a tool its arguments. */
function aboutOf({ plan }: Run, { tool, unknown, budget, own, choices, work }: Approval): string {
  if (tool) return tool.arguments
  if (unknown) return unknown.arguments
  if (budget) return `${budget.for}: at most ${dollars(budget.needsUsd)}`
  if (work) return work.agents.join(', ')
  if (choices) return choices.map(({ id }) => id).join(', ')
  if (own) return typeof own.details === 'string' ? own.details : (JSON.stringify(own.details) ?? '')
  return plan ? `at most ${dollars(plan.price.worstUsd)}` : ''
}
