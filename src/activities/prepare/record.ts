// Kept beside the plan under the run's root: what a rerun needs to price what is left to ask.
import type { Plan } from '../../contracts/plan.js'
import type { Counts } from './count.js'
import type { Draft } from './draft.js'

export const PLAN_RECORD = 'plan'

export type PlanRecord = {
  plan: Plan
  counts: Counts
  draft: Pick<Draft, 'expectedOutput' | 'later'> & { cache: Draft['shared'][number]['cache'][] }
}
