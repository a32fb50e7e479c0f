// The three agents of an account review. Each is asked, what it hands over is checked by code, and one that hands over
// what cannot be used is told why and asked once more; one that fails leaves a gap that is named, and nothing else.
import { ACCOUNT_AGENTS, type AccountAgent, type AccountReviewPlan, type Missing } from '../../../contracts/account.js'
import { FAILURE } from '../../../contracts/failures.js'
import type { BudgetState } from '../../../contracts/messages.js'
import type { ItemResult } from '../../../contracts/outcome.js'
import type { Ref } from '../../../contracts/refs.js'
import type { ThreadInput } from '../../../contracts/schemas/index.js'
import { addUsage, addUsd, type Usd } from '../../../contracts/usage.js'
import { type AgentAnswer, askAgent } from '../agent/agent-thread.js'
import { reservePart, settlePart } from '../budget/part.js'
import { skipped, steps } from '../calls/call.js'
import { endItem, type Run } from '../run/run.js'

const TRIES = 2
const AGAIN = 'An earlier answer was not used, answer the whole again:'
/** Of a second try. */
const LEAST_USD = 0.01
/** Of what is left of the budget, each: the scout and the analyst begin together, the author has what they leave. */
const SHARES: Record<AccountAgent, number> = { scout: 0.25, memory: 1 / 3, author: 1 }

export type Handed = { kept: Partial<Record<AccountAgent, Ref>>; missing: Missing[] }

export async function handedOver(run: Run, plan: AccountReviewPlan): Promise<Handed> {
  const handed: Handed = { kept: {}, missing: [] }
  await Promise.all([work(run, plan, 'scout', handed), work(run, plan, 'memory', handed)])
  await work(run, plan, 'author', handed)
  // In the order of the agents, whichever failed first.
  handed.missing.sort((a, b) => ACCOUNT_AGENTS.indexOf(a.agent) - ACCOUNT_AGENTS.indexOf(b.agent))
  return handed
}

async function work(run: Run, plan: AccountReviewPlan, agent: AccountAgent, handed: Handed): Promise<void> {
  const ended = await asked(run, plan, agent, handed)
  endItem(run, ended.result, ended.savedUsd)
  if (ended.kept !== undefined) handed.kept[agent] = ended.kept
  else handed.missing.push({ agent, status: ended.result.status, why: ended.why })
}

type Ended = { result: ItemResult; savedUsd: Usd } & ({ kept: Ref } | { kept?: undefined; why: string })

async function asked(run: Run, plan: AccountReviewPlan, agent: AccountAgent, handed: Handed): Promise<Ended> {
  const never = (why: string): Ended => ({ result: skipped(agent), savedUsd: 0, why })
  if (agent === 'author' && !handed.kept.scout && !handed.kept.memory)
    return never('there is nothing to recommend from')
  const part = await reservePart(run.budget, { share: SHARES[agent], label: agent, dropped: () => run.stopped })
  if (part === 'rejected') return never('a person allowed no more money')
  if (part === 'interrupted') return never('the run was stopped')
  const ended = await untilUsable(run, plan, agent, handed, part.budgetUsd)
  settlePart(part, ended.result.usd, ended.budget)
  return ended
}

async function untilUsable(
  run: Run,
  plan: AccountReviewPlan,
  agent: AccountAgent,
  handed: Handed,
  share: Usd | undefined,
): Promise<Ended & { budget?: BudgetState }> {
  const { root } = plan
  const { account } = plan.account
  let spent: AgentAnswer | undefined
  let refused: string | undefined
  for (let tries = 1; ; tries++) {
    const left = share == null ? {} : { budgetUsd: Math.max(LEAST_USD, share - (spent?.result.usd ?? 0)) }
    const input = { ...plan.account.agents[agent], ...left, ...(await taskOf(plan, agent, handed, refused)) }
    const name = tries === 1 ? agent : `${agent}-${tries}`
    const latest = await askAgent(run, { item: agent, name, input, summary: `${agent} of ${account}` })
    spent = spent ? withCostOf(spent, latest) : latest
    const { result, savedUsd, answer, head } = spent
    // What a second try says of its budget is not what both spent.
    const budget = tries === 1 && spent.budget ? { budget: spent.budget } : {}
    if (result.status !== 'ok' || answer === undefined)
      return { result, savedUsd, why: result.error?.message ?? result.status, ...budget }
    const checked = await steps.checkAgent({ root, account, agent, answer, ...(head !== undefined && { head }) })
    if ('kept' in checked) return { result, savedUsd, kept: checked.kept, ...budget }
    refused = checked.refused
    if (tries < TRIES) continue
    const { text: _, ...unusable } = result
    const error = { type: FAILURE.outputInvalid, message: refused }
    return { result: { ...unusable, status: 'error', error }, savedUsd, why: refused }
  }
}

/** Of the author: what the others handed over. Of the others it is in the plan. */
async function taskOf(
  plan: AccountReviewPlan,
  agent: AccountAgent,
  { kept, missing }: Handed,
  refused: string | undefined,
): Promise<Pick<ThreadInput, 'task'>> {
  const { task } = plan.account.agents[agent]
  if (agent !== 'author') return refused === undefined ? {} : { task: `${task}\n\n${AGAIN} ${refused}` }
  const again = refused === undefined ? {} : { again: refused }
  const { scout, memory } = kept
  const from = { ...(scout !== undefined && { scout }), ...(memory !== undefined && { memory }) }
  const { root, account } = plan
  return { task: await steps.briefAuthor({ root, account: account.account, missing, ...from, ...again }) }
}

function withCostOf(earlier: AgentAnswer, latest: AgentAnswer): AgentAnswer {
  const { result } = latest
  return {
    ...latest,
    result: {
      ...result,
      usage: addUsage(earlier.result.usage, result.usage),
      usd: addUsd(earlier.result.usd, result.usd),
      attempts: earlier.result.attempts + result.attempts,
    },
    savedUsd: addUsd(earlier.savedUsd, latest.savedUsd),
  }
}
