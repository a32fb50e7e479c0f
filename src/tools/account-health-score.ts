// How well an account does, as one number made of three.
import { z } from 'zod'
import type { Tool } from './tool.js'

/** Percent of the whole: whole numbers, so that a score of exactly 75 is exactly 75. */
const WEIGHTS = { engagement: 40, financial: 30, satisfaction: 30 }
/** Only above it an account is healthy. */
const THRESHOLD = 75

const score = z.number().min(0).max(100)
const Input = z.strictObject({
  engagement_score: score.describe('0 to 100'),
  financial_score: score.describe('0 to 100'),
  satisfaction_score: score.describe('0 to 100'),
})
type Input = z.infer<typeof Input>

export type AccountHealth = {
  overall_score: number
  health_status: 'healthy' | 'at_risk'
  components: { engagement: number; financial: number; satisfaction: number }
}

export const accountHealthScore: Tool<Input> = {
  name: 'account_health_score',
  description:
    'Computes the health of an account from three scores of 0 to 100: engagement counts .40, financial .30, satisfaction .30. Above 75 it is healthy, otherwise at risk. Answers with JSON: overall_score, health_status, components.',
  schema: Input,
  permission: 'read',
  effect: 'read',
  run: async ({ input }) => JSON.stringify(healthOf(input)),
}

export function healthOf(input: Input): AccountHealth {
  const { engagement_score: engagement, financial_score: financial, satisfaction_score: satisfaction } = input
  const sum = WEIGHTS.engagement * engagement + WEIGHTS.financial * financial + WEIGHTS.satisfaction * satisfaction
  // Decimals of scores are no exact binary numbers; what is far behind them is no part of the score.
  const overall_score = Number((sum / 100).toFixed(9))
  const health_status = overall_score > THRESHOLD ? 'healthy' : 'at_risk'
  return { overall_score, health_status, components: { engagement, financial, satisfaction } }
}
