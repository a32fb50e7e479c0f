// What an agent handed over is checked by code before anything is built on it: its shape, that it is about the account
// that was asked for, and what was promised of it. What cannot be used is refused with the reason, which the agent hears.
import type { AccountAgent, CheckAgentRequest, CheckedAgent } from '../../contracts/account.js'
import { CrmSummary, explain, HistoricalInsights, Recommendations } from '../../contracts/schemas/index.js'
import type { AgentDeps } from '../agent/deps.js'
import { readableStorageErrors } from '../storage-errors.js'
import { readText } from '../texts.js'
import type { Checked } from './checked.js'
import { checkedCrm } from './crm-summary.js'
import { checkedInsights } from './insights.js'
import { checkedRecommendations } from './recommendations.js'
import { toolAnswers } from './tool-answers.js'

const REASON_CHARACTERS = 1000

export function createCheckAgent(deps: AgentDeps) {
  return async function checkAgent(request: CheckAgentRequest): Promise<CheckedAgent> {
    return readableStorageErrors(async () => {
      const { root, answer, agent } = request
      const checked = await check(deps, request, await readText(deps.store, answer))
      if ('refused' in checked) return { refused: `${agent}: ${checked.refused}`.slice(0, REASON_CHARACTERS) }
      return { kept: await deps.store.put(root, JSON.stringify(checked.value)) }
    })
  }
}

async function check(
  deps: AgentDeps,
  { account, agent, head }: CheckAgentRequest,
  text: string,
): Promise<Checked<unknown>> {
  const json = parsed(text)
  if (json === undefined) return { refused: `wanted JSON, got ${JSON.stringify(text.slice(0, 80))}` }
  const result = SCHEMAS[agent].safeParse(json)
  if (!result.success) return { refused: explain(result.error, json) }
  switch (agent) {
    case 'scout':
      return checkedCrm(result.data as CrmSummary, {
        ...{ account, today: new Date(), answers: await toolAnswers(deps, head) },
      })
    case 'memory':
      return checkedInsights(result.data as HistoricalInsights)
    case 'author':
      return checkedRecommendations(result.data as Recommendations, await toolAnswers(deps, head))
  }
}

const SCHEMAS = { scout: CrmSummary, memory: HistoricalInsights, author: Recommendations } satisfies Record<
  AccountAgent,
  unknown
>

/** Models that were not held to a schema put it into a fence. */
function parsed(text: string): unknown {
  const inner = /^\s*```(?:json)?\n([\s\S]*?)\n```\s*$/.exec(text)?.[1] ?? text
  try {
    return JSON.parse(inner)
  } catch {
    return undefined // told to the agent
  }
}
