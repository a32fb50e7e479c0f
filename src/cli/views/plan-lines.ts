// A plan as people read it: what a dry run prints.
import type { PlannedResult, RunResult } from '../../contracts/outcome.js'
import { askedLines } from '../follow/question.js'

const SHOWN = 20

export function planLines(result: RunResult & { plan?: PlannedResult }): string[] {
  const { plan } = result
  if (!plan) return ['planned']
  const { items, warnings } = plan
  return [
    ...askedLines(plan),
    ...items.slice(0, SHOWN).map(({ id, model }) => `  item      ${id} (${model})`),
    ...(items.length > SHOWN ? [`  … and ${items.length - SHOWN} more`] : []),
    ...warnings.map((warning) => `  warning   ${warning}`),
  ]
}
