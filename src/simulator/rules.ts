// Scripts for the simulator: what to answer, how slowly, and what to break, for which request. Plain JSON, so that a
// file, a test in another process and a person with curl all write the same thing. The first rule that fits is used.

import { z } from 'zod'

/** "/…/flags" is a regular expression, anything else a substring. */
const Pattern = z
  .string()
  .min(1)
  .refine(compiles, { error: (issue) => `not a valid regular expression: ${issue.input}` })
const millis = z.number().min(0)

const Block = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string() }),
  z.strictObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string().optional() }),
  z.strictObject({
    type: z.literal('tool_use'),
    name: z.string(),
    input: z.unknown(),
    id: z.string().optional(),
    /** The JSON as it goes over the wire, instead of `input`: may be cut or malformed. */
    json: z.string().optional(),
  }),
])

export const ReplyRule = z.strictObject({
  text: z.string().optional(),
  blocks: z.array(Block).optional(),
  /** Answered as JSON text. */
  json: z.unknown().optional(),
  /** The text is repeated until it has this many bytes. */
  bytes: z.int().min(1).optional(),
  thinking: z.string().optional(),
  stopReason: z
    .enum([
      'end_turn',
      'max_tokens',
      'stop_sequence',
      'tool_use',
      'pause_turn',
      'refusal',
      'model_context_window_exceeded',
    ])
    .optional(),
  /** The category of a refusal. */
  category: z.enum(['cyber', 'bio', 'frontier_llm', 'reasoning_extraction', 'general_harms']).optional(),
  /** Replaces fields of the true usage. */
  usage: z.record(z.string(), z.number()).optional(),
  /** The whole answer takes this long. */
  delayMs: millis.optional(),
  /** The response begins after this long. */
  firstTokenMs: millis.optional(),
  tokensPerSecond: z.number().positive().optional(),
})
export type ReplyRule = z.infer<typeof ReplyRule>

const named = [
  'reset',
  'cut',
  'eof',
  'stall',
  'slow-start',
  'broken-json',
  'overloaded-mid-stream',
  'spend-limit',
  'contract-spend-limit',
  'on-hold',
  'retired-model',
  'context-overflow',
] as const
const kinds = `an HTTP status from 400 to 599 as a string, or one of ${named.join(', ')}`

export const Fault = z.strictObject({
  kind: z.union([z.enum(named), z.string().regex(/^[45]\d\d$/)], { error: `fault.kind wants ${kinds}` }),
  /** Seconds; sent as `retry-after`. */
  retryAfter: z.number().min(0).optional(),
  /** Sent as `x-should-retry`. */
  shouldRetry: z.boolean().optional(),
  message: z.string().optional(),
  errorType: z.string().optional(),
  /** How much of the answer is sent before it happens, in percent of its bytes. */
  at: z.number().min(0).max(99).optional(),
  /** The cut falls inside the first multi-byte character at or after `at`. */
  insideCharacter: z.boolean().optional(),
  /** stall: for how long (for ever); slow-start: how late (10 s). */
  ms: millis.optional(),
  /** A stalled stream still sends a ping every second. */
  pings: z.boolean().optional(),
})
export type Fault = z.infer<typeof Fault>

const Match = z.strictObject({
  /** In the text of the last user message. */
  prompt: Pattern.optional(),
  system: Pattern.optional(),
  model: Pattern.optional(),
  /** Only the nth request that fits otherwise (from 1), or each of several. */
  nth: z.union([z.int().min(1), z.array(z.int().min(1))]).optional(),
  /** Only the nth request with this very prompt: 1 is every prompt's first try. */
  attempt: z.int().min(1).optional(),
})

const Script = z
  .strictObject({
    match: Match.default({}),
    /** At most this often. */
    times: z.int().min(1).optional(),
    /** With this chance, from the seed. */
    probability: z.number().min(0).max(1).optional(),
    reply: ReplyRule.optional(),
    fault: Fault.optional(),
  })
  .refine((rule) => rule.reply || rule.fault, 'a rule wants a reply, a fault, both, or a limit')

const perMinute = z.number().positive().optional()
const LimitRule = z.strictObject({
  match: z.strictObject({ model: Pattern.optional() }).default({}),
  limit: z.strictObject({
    requestsPerMinute: perMinute,
    /** Input and output together. */
    tokensPerMinute: perMinute,
    inputTokensPerMinute: perMinute,
    outputTokensPerMinute: perMinute,
    /** Seconds every 429 asks for, instead of the time until there is room. */
    retryAfter: z.number().min(0).optional(),
  }),
})
export type LimitRule = z.infer<typeof LimitRule>

export type Script = z.infer<typeof Script>
export type Rule = Script | LimitRule
/** A rule as people write it. */
export type RuleInput = z.input<typeof Script> | z.input<typeof LimitRule>

/** Rules from JSON: an array, or `{ "rules": […] }`. Throws one line naming the first thing that is wrong and where. */
export function parseRules(json: unknown): Rule[] {
  const list = typeof json === 'object' && json !== null && 'rules' in json ? json.rules : json
  if (!Array.isArray(list)) throw new Error(`rules: wanted an array of rules, got ${typeof list}`)
  return list.map((item: unknown, index) => {
    const limited = typeof item === 'object' && item !== null && 'limit' in item
    const parsed = limited ? LimitRule.safeParse(item) : Script.safeParse(item)
    if (parsed.success) return parsed.data
    const issue = parsed.error.issues[0]
    throw new Error(`${['rules', index, ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'invalid'}`)
  })
}

function compiles(pattern: string): boolean {
  try {
    toTest(pattern)
    return true
  } catch {
    return false
  }
}

/** A test for a pattern, compiled once. Throws a SyntaxError for a bad regular expression. */
export function toTest(pattern: string): (text: string) => boolean {
  const regex = /^\/(.+)\/([a-z]*)$/s.exec(pattern)
  if (!regex?.[1]) return (text) => text.includes(pattern)
  const compiled = new RegExp(regex[1], regex[2]?.replace(/[gy]/g, ''))
  return (text) => compiled.test(text)
}
