// An account review: one agent reads the CRM while another reads what is remembered, a third says what to do. What each
// hands over is checked before it is combined; what would change the CRM waits for a person.
import type { AccountResult, AccountReviewPlan } from '../contracts/account.js'
import type { Plan } from '../contracts/plan.js'
import type { AccountInput } from '../contracts/schemas/index.js'
import { handedOver } from './patterns/account/agents.js'
import { approvedWrites } from './patterns/account/writes.js'
import { audited, type Written } from './patterns/agent/audited-run.js'
import { steps } from './patterns/calls/call.js'
import { showProgress } from './patterns/page/progress.js'
import { conclude, toItsEnd } from './patterns/run/conclude.js'
import { planned } from './patterns/run/planned.js'
import { openRun, type Run } from './patterns/run/run.js'
import { steer } from './patterns/run/steering.js'

export async function account(input: AccountInput): Promise<AccountResult> {
  const run = openRun('account', undefined)
  steer(run)
  showProgress(run)
  return toItsEnd(run, async () => {
    const plan = await planned(run, 'account', input)
    return plan ? auditedReview(run, planOf(plan)) : conclude(run)
  })
}

function auditedReview(run: Run, plan: AccountReviewPlan): Promise<AccountResult> {
  const { root, account } = plan
  return audited(run, { root, kept: account.audit }, (written) => reviewed(run, plan, written))
}

async function reviewed(run: Run, plan: AccountReviewPlan, written: Written): Promise<AccountResult> {
  const { root, title, server, inlineBytes } = plan
  const { account, crm, writer } = plan.account
  const { kept, missing } = await handedOver(run, plan)
  const at = new Date().toISOString()
  const gathered = await steps.gatherAccount({
    ...{ root, run: run.self.firstRunId, account, crm, at, kept, missing, writer },
  })
  const writes = await approvedWrites(run, plan, gathered, written)
  const { report, ...review } = await steps.finishAccount({
    ...{ root, review: gathered.review, writes, title, server, inlineBytes },
  })
  return conclude(run, { ...review, report })
}

function planOf(plan: Plan): AccountReviewPlan {
  if (plan.account === undefined) throw new Error('the plan of an account review says whom it asks')
  return { ...plan, account: plan.account }
}
