// `account`: two agents look an account up, a third says what to do about it. What each hands over has a shape, so that
// code can check it before it is put together with the others'.
import { z } from 'zod'
import { McpServers } from './agent.js'
import { maxTokens } from './call.js'
import { common } from './common.js'

const serverName = z.string().regex(/^[\w.-]{1,64}$/, 'wanted the name of a server')

export const AccountInput = z.strictObject({
  /** Its id in the CRM. */
  account: z
    .string()
    .min(1, 'is empty: wanted the id of an account')
    .max(200)
    .refine((id) => !/\p{Cc}/u.test(id), 'has control characters'),
  /** Besides those the worker is configured with. */
  mcpServers: McpServers.optional(),
  /** Names of the server with the CRM's tools, and of the one with the memory's. */
  crm: serverName.default('crm'),
  memory: serverName.default('memory'),
  /** Of the recommendation author. */
  model: z.string().optional(),
  /** Of the data scout and the memory analyst. */
  workerModel: z.string().optional(),
  maxTokens: maxTokens.optional(),
  /** Who may approve its writes; absent: anybody. Guards against mistakes, not attackers. */
  approvers: z.array(z.string().min(1)).min(1).optional(),
  ...common,
})
/** The account's id, and where its tools are. */
export type AccountInput = z.input<typeof AccountInput>

const day = z.string().describe('YYYY-MM-DD')
const source = z.string().describe('where it is written: a tool, a note, a ticket')

/** What the data scout hands over. */
export const CrmSummary = z.object({
  account: z.object({
    id: z.string(),
    name: z.string(),
    owner: z.string().nullable(),
    status: z.string().nullable(),
    industry: z.string().nullable(),
    yearly_usd: z.number().nullable(),
    renewal_date: day.nullable(),
    payment_status: z.string().nullable(),
    engagement_score: z.number().nullable(),
    satisfaction_score: z.number().nullable(),
  }),
  contacts: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      email: z.string().nullable(),
      role: z.string().nullable(),
      last_contact: day.nullable(),
    }),
  ),
  open_deals: z.array(
    z.object({
      name: z.string(),
      stage: z.string(),
      amount_usd: z.number().nullable(),
      close_date: day.nullable(),
    }),
  ),
  activities: z
    .array(z.object({ at: day, kind: z.string(), subject: z.string(), outcome: z.string().nullable() }))
    .describe('of the last 90 days, newest first'),
  changes: z
    .array(z.object({ at: day, field: z.string(), before: z.string().nullable(), after: z.string().nullable() }))
    .describe('of the last 30 days, newest first'),
  days_since_contact: z.int().nullable().describe('days since anybody of the account was last spoken with'),
  quality_flags: z
    .array(z.object({ field: z.string(), problem: z.string() }))
    .describe('what is missing, incomplete, outdated or contradictory'),
  sources: z.array(z.object({ tool: z.string(), at: z.string().describe('ISO date and time') })),
})
export type CrmSummary = z.infer<typeof CrmSummary>

const noted = z.object({ at: day, what: z.string(), source })

/** What the memory analyst hands over. */
export const HistoricalInsights = z.object({
  timeline: z.array(noted).describe('what mattered, oldest first'),
  meetings: z.array(z.object({ at: day, what: z.string(), outcome: z.string(), source })),
  commitments: z.array(
    z.object({
      at: day,
      by: z.enum(['us', 'customer']),
      what: z.string(),
      status: z.enum(['open', 'kept', 'broken', 'unknown']),
      source,
    }),
  ),
  pain_points: z.array(noted),
  wins: z.array(noted),
  sentiment: z.object({ trend: z.enum(['improving', 'steady', 'declining', 'unknown']), why: z.string() }),
  engagement_pattern: z.string().describe('how often and how they talk with us, and how that changes'),
  themes: z.array(z.object({ theme: z.string(), what: z.array(z.string()) })),
  follow_ups: z.array(z.object({ what: z.string(), why: z.string(), source })),
  related: z.array(z.object({ name: z.string(), kind: z.string(), relation: z.string() })),
  citations: z.array(z.object({ source: z.string(), at: day })),
})
export type HistoricalInsights = z.infer<typeof HistoricalInsights>

export const PRIORITIES = ['high', 'medium', 'low'] as const

const Recommendation = z.object({
  action: z.string().describe('what to do, specific enough to begin with'),
  rationale: z.string().describe('why, with the data it rests on'),
  priority: z.enum(PRIORITIES),
  effort: z.string().describe('such as "1 hour" or "2 days"'),
  outcome: z.string().describe('what is expected of it'),
  success_criteria: z.array(z.string()).describe('how one will see that it worked'),
  draft_message: z
    .object({ to: z.string(), subject: z.string(), text: z.string() })
    .nullable()
    .describe('for every recommendation of high priority'),
  write: z
    .object({
      tool: z.string().describe("the CRM tool's own name, such as create_contact"),
      arguments: z.string().describe('its arguments as a JSON object'),
    })
    .nullable()
    .describe('only where the recommendation is carried out by a change in the CRM; a person approves it first'),
})

/** What the recommendation author hands over. */
export const Recommendations = z.object({
  recommendations: z.array(Recommendation).describe('3 to 5, the most important first'),
})
export type Recommendations = z.infer<typeof Recommendations>

/** What row 25's tools give. */
export const AccountHealth = z.object({
  overall_score: z.number(),
  health_status: z.enum(['healthy', 'at_risk']),
  components: z.object({ engagement: z.number(), financial: z.number(), satisfaction: z.number() }),
})
export const AccountRisk = z.object({ type: z.string(), severity: z.string(), message: z.string() })
