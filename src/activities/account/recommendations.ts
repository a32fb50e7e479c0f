// The recommendations: 3 to 5, the most important first, a draft for each of high priority, and figures that come from
// the tools, not from the model's memory of them.

import { z } from 'zod'
import { PROPOSED_WRITES } from '../../agents/account.js'
import type { Health, Recommendation, Risk } from '../../contracts/account.js'
import { AccountHealth, AccountRisk, PRIORITIES, type Recommendations } from '../../contracts/schemas/index.js'
import type { Checked } from './checked.js'
import type { ToolAnswer } from './tool-answers.js'

const FEWEST = 3
const MOST = 5

export type Advice = { recommendations: Recommendation[]; health: Health; risks: Risk[] }

export function checkedRecommendations(
  { recommendations: given }: Recommendations,
  answers: ToolAnswer[],
): Checked<Advice> {
  if (given.length < FEWEST || given.length > MOST)
    return { refused: `got ${given.length} recommendations, wanted ${FEWEST} to ${MOST}` }
  for (const { action, priority, success_criteria, draft_message, write } of given) {
    const of = `"${action.slice(0, 80)}"`
    if (success_criteria.length === 0) return { refused: `${of} has no success criteria` }
    if (priority === 'high' && !draft_message?.text.trim())
      return { refused: `${of} is of high priority and has no draft message` }
    if (write && !PROPOSED_WRITES.includes(write.tool))
      return { refused: `${of} wants ${write.tool}; wanted one of ${PROPOSED_WRITES.join(', ')}, or null` }
    if (write && !argumentsOf(write)) return { refused: `${of}: write.arguments is no JSON object` }
  }
  const health = answerOf(answers, 'account_health_score', AccountHealth)
  if (!health) return { refused: 'account_health_score was not called, or gave no score' }
  const risks = answerOf(answers, 'risk_signals', z.array(AccountRisk))
  if (!risks) return { refused: 'risk_signals was not called, or gave no list' }
  const rank = ({ priority }: { priority: (typeof PRIORITIES)[number] }) => PRIORITIES.indexOf(priority)
  const sorted = [...given].sort((a, b) => rank(a) - rank(b))
  return { value: { recommendations: sorted.map((one, at) => ({ id: `r${at + 1}`, ...one })), health, risks } }
}

export function argumentsOf({ arguments: json }: { arguments: string }): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined // told to the author
  }
}

/** The last one that is what the tool gives. */
function answerOf<T>(answers: ToolAnswer[], tool: string, schema: z.ZodType<T>): T | undefined {
  const fitting = answers.flatMap((answer) => {
    const result = answer.tool === tool && !answer.isError ? schema.safeParse(jsonOf(answer.text)) : undefined
    return result?.success ? [result.data] : []
  })
  return fitting.at(-1)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // no answer then
  }
}
