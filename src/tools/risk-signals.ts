// What speaks against an account's staying.
import { z } from 'zod'
import type { Tool } from './tool.js'

/** Days without contact that are still no risk. */
const QUIET_DAYS = 30

/** Accounts come with many fields; these count. */
const Input = z.looseObject({
  days_since_contact: z.number().min(0).optional().describe('Days since anybody spoke with the account'),
  payment_status: z.string().optional().describe('"overdue" when a payment is late'),
})
type Input = z.infer<typeof Input>

export type Risk = { type: 'engagement' | 'financial'; severity: 'high' | 'critical'; message: string }

export const riskSignals: Tool<Input> = {
  name: 'risk_signals',
  description:
    'Finds what puts an account at risk: more than 30 days without contact is high, an overdue payment is critical. Answers with a JSON list of { type, severity, message }, empty when there is nothing.',
  schema: Input,
  permission: 'read',
  effect: 'read',
  run: async ({ input }) => JSON.stringify(risksOf(input)),
}

export function risksOf({ days_since_contact = 0, payment_status }: Input): Risk[] {
  const risks: Risk[] = []
  if (days_since_contact > QUIET_DAYS)
    risks.push({ type: 'engagement', severity: 'high', message: `No contact for ${days_since_contact} days` })
  if (payment_status === 'overdue')
    risks.push({ type: 'financial', severity: 'critical', message: 'A payment is overdue' })
  return risks
}
