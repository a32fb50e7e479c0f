// A person raises a run's cap, asked or not; and how a person is asked when it does not suffice.
import {
  type Approval,
  type BudgetState,
  type Decided,
  type Decision,
  raiseBudget,
} from '../../../contracts/messages.js'
import type { Raise } from '../approvals/answer.js'
import { question } from '../approvals/approval.js'
import { answered, decided, whyNotBy } from '../approvals/judged-answer.js'
import { steps } from '../calls/call.js'
import { dollars } from '../page/dollars.js'
import { changed, openApprovals, type Run, remember, wasApplied } from '../run/run.js'
import { type Budget, ledger, type MoneyAsked, raiseCap, serve, whyNoCap } from './ledger.js'

const NAME = 'budget'

/** Nothing, where there is no cap. `carried`: from before the run continued as new. `approvers`: who may allow more. */
export function openBudget(
  run: Run,
  capUsd: number | undefined,
  carried?: BudgetState,
  approvers?: string[],
): Budget | undefined {
  if (capUsd === undefined) return undefined
  const budget = ledger(capUsd, {
    ask: async (asked, over) => {
      const ending = await question(
        run,
        {
          name: NAME,
          title: titleOf(asked),
          digest: await steps.digest([run.self, NAME, asked, run.approvals.length]),
          budget: asked,
          ...(approvers && { approvers }),
        },
        { refuses: whyRefused, stopped: () => run.stopped || over() },
      )
      if (ending.kind !== 'answered') return 'withdrawn'
      return ending.decision.kind === 'approve' ? 'approved' : 'rejected'
    },
    forgives: run.workflow === 'thread',
    ...(carried && { carried }),
  })
  run.budget = budget
  run.listeners.push(() => serve(budget))
  return budget
}

/** Such as "spent $2.00, needs $0.40 more of a cap of $2.20". */
function titleOf({ spentUsd, needsUsd, capUsd }: MoneyAsked): string {
  const needs = needsUsd === null ? 'the next call has an unknown price,' : `needs ${dollars(needsUsd)} more`
  return `spent ${dollars(spentUsd)}, ${needs} of a cap of ${dollars(capUsd)}`
}

function whyRefused({ kind, input }: Decision): string | undefined {
  if (kind === 'revise') return 'a budget takes no revision: wanted approve, reject, or raiseBudget { "usd": 5 }'
  if (kind === 'approve' && input !== undefined)
    return 'approve raises the cap by exactly what is asked: for another one send raiseBudget { "usd": 5 }'
  return undefined
}

/** Of the update `decide`, which names what it is about. */
export function isRaise(sent: unknown): boolean {
  return typeof sent === 'object' && sent !== null && 'kind' in sent && sent.kind === 'raiseBudget'
}

/** Reads only. @returns why it has no effect, if so. */
export function whyNotRaised(run: Run, { usd, by, id }: Raise): string | undefined {
  if (wasApplied(run, raiseBudget.name, id)) return undefined
  if (!run.budget) return 'the run has no budget: nothing limits what it may cost'
  const asked = waits(run)
  return (asked && whyNotBy(asked, by)) ?? whyNoCap(run.budget, usd)
}

/** A repeated message with the same id counts once. */
export function raisedBefore(run: Run, { id, by = 'unknown' }: Raise): Decided | undefined {
  if (!wasApplied(run, raiseBudget.name, id)) return undefined
  const asked = run.approvals.find(({ answer }) => answer?.id === id)
  return asked ? decided(asked) : { approval: NAME, digest: '', kind: 'raiseBudget', by, at: '' }
}

export function raise(run: Run, { usd, by = 'unknown', note, id }: Raise): Decided {
  const asked = waits(run)
  const said = `to ${dollars(usd)}${note === undefined ? '' : `: ${note}`}`
  remember(run, raiseBudget.name, id)
  if (asked) answered(run, asked, { kind: 'raiseBudget', by, note: said, ...(id !== undefined && { id }) })
  if (run.budget) raiseCap(run.budget, usd)
  noteMoney(run, 'raised')
  changed(run)
  if (asked) return decided(asked)
  return { approval: NAME, digest: '', kind: 'raiseBudget', by, at: new Date().toISOString() }
}

function noteMoney({ budget, audit }: Run, event: string): void {
  if (budget) audit?.({ type: 'budget', spentUsd: budget.spentUsd, capUsd: budget.capUsd, event })
}

function waits(run: Run): Approval | undefined {
  return openApprovals(run).find(({ budget }) => budget)
}
