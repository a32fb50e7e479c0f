// The plan of a coding run: an agent reads the repository and splits the work, code judges what it hands over, and it is
// asked again with the reasons until a plan can be worked by. A plan that a person wrote is judged the same.

import { ApplicationFailure } from '@temporalio/workflow'
import type { BriefPlannerRequest, CodeRunPlan } from '../../../contracts/code.js'
import { PLANNER_ITEM } from '../../../contracts/code.js'
import { FAILURE } from '../../../contracts/failures.js'
import type { Plan } from '../../../contracts/plan.js'
import { addUsd } from '../../../contracts/usage.js'
import { type AgentAnswer, askAgent } from '../agent/agent-thread.js'
import { reservePart, settlePart } from '../budget/part.js'
import { skipped } from '../calls/call.js'
import type { Refine } from '../run/planned.js'
import { beginAgain, endItem, type Run } from '../run/run.js'
import { inRepository } from './activities.js'

type Before = NonNullable<BriefPlannerRequest['before']>

const MAX_PLAN_TRIES = 3

/** @returns what asks for plans; that gives back undefined when there is none to go on with. */
export function planningCode(run: Run): Refine {
  let asked = 0
  return async (given, note) => {
    const plan = codeOf(given)
    const { planner, work, undo } = plan.code
    // A rerun has its plan, and what is taken back needs none.
    if (undo || (work && note === undefined)) return plan
    if (planner === undefined) return judgedOwn(run, plan)
    if (plan.dryRun) return plan
    let before: Before | undefined =
      note === undefined ? undefined : { ...(work && { plan: work.plan }), note, by: 'person' }
    for (let tries = 1; ; tries++) {
      const answer = await askPlanner(run, plan, ++asked, before)
      if (answer.result.status !== 'ok') {
        endItem(run, answer.result, answer.savedUsd)
        return undefined
      }
      const spentUsd = addUsd(run.totals.usd, answer.result.usd)
      const judged = await inRepository(plan.code).judgeCodePlan({ plan, answer: answer.output, spentUsd })
      if ('plan' in judged) {
        endItem(run, answer.result, answer.savedUsd)
        return judged.plan
      }
      const { text: _, ...result } = answer.result
      if (tries === MAX_PLAN_TRIES) {
        const message = `no plan could be worked by after ${tries}: ${judged.refused}`
        endItem(run, { ...result, status: 'error', error: { type: FAILURE.outputInvalid, message } }, answer.savedUsd)
        return undefined
      }
      endItem(run, { ...answer.result, warnings: [`a plan was refused: ${judged.refused}`] }, answer.savedUsd)
      before = { answer: answer.output, note: judged.refused, by: 'check' }
    }
  }
}

async function judgedOwn(run: Run, plan: CodeRunPlan): Promise<CodeRunPlan> {
  const judged = await inRepository(plan.code).judgeCodePlan({ plan, spentUsd: run.totals.usd })
  if ('plan' in judged) return judged.plan
  throw ApplicationFailure.nonRetryable(`plan: ${judged.refused}`, FAILURE.invalidInput)
}

async function askPlanner(
  run: Run,
  plan: CodeRunPlan,
  number: number,
  before: Before | undefined,
): Promise<AgentAnswer> {
  const { root, code } = plan
  const money = await reservePart(run.budget, { share: 0.5, label: PLANNER_ITEM, dropped: () => run.stopped })
  if (typeof money === 'string') return { result: skipped(PLANNER_ITEM), savedUsd: 0 }
  const task = await inRepository(code).briefPlanner({ root, keep: code.keep, ...(before && { before }) })
  beginAgain(run, PLANNER_ITEM)
  const budget = money.budgetUsd === undefined ? {} : { budgetUsd: money.budgetUsd }
  const answer = await askAgent(run, {
    ...{ item: PLANNER_ITEM, name: number === 1 ? PLANNER_ITEM : `${PLANNER_ITEM}.${number}` },
    ...{ input: { ...code.planner, ...budget, task }, summary: `planner of ${run.self.workflowId}` },
    taskQueue: code.host,
  })
  settlePart(money, answer.result.usd, answer.budget)
  return answer
}

export function codeOf(plan: Plan): CodeRunPlan {
  if (plan.code === undefined) throw new Error('the plan of a coding run says which repository')
  return { ...plan, code: plan.code }
}
