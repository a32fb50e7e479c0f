// What people may write, checked at the doors: in clients before anything starts and in `prepare` on the worker. zod
// stays out of the workflow bundle, so workflow code may import the types here, never the schemas.
import { z } from 'zod'

/** Inline input is at most this; more comes as files (`itemsFile`, `paths`). */
export const MAX_INPUT_BYTES = 1024 * 1024
/** A result stays under Temporal's payload limit with this many items. */
export const MAX_ITEMS = 4000

const Text = z.string().min(1, 'is empty')
const Id = z
  .string()
  .min(1)
  .max(100)
  .refine((id) => !/\p{Cc}/u.test(id), 'has control characters')

/** A content block of the Messages API, passed on as it is. */
const Block = z.looseObject({ type: z.string() })
const TextOrBlocks = z.union([Text, z.array(Block).min(1)], { error: 'wanted text or a list of content blocks' })
const Message = z.looseObject({
  role: z.enum(['user', 'assistant', 'system']),
  content: z.union([z.string(), z.array(Block)]),
})

/** Clients may give a zod schema instead: it is sent as JSON Schema. */
const JsonSchema: z.ZodType<Record<string, unknown>, Record<string, unknown> | z.ZodType> = z.record(
  z.string(),
  z.unknown(),
)

const callFields = {
  prompt: TextOrBlocks.optional(),
  system: TextOrBlocks.optional(),
  /** A whole conversation; overrides `prompt`. */
  messages: z.array(Message).min(1).optional(),
  model: z.string().optional(),
  maxTokens: z.int().min(1).max(128_000).optional(),
  /** 0 to 1; today's models refuse it: left out, and named in the item's warnings. */
  temperature: z.number().min(0).max(1).optional(),
  cacheSystem: z.boolean().optional(),
  cachePrompt: z.boolean().optional(),
  /** Further parameters of the API, by their API names. */
  params: z.record(z.string(), z.unknown()).optional(),
  /** JSON Schema of the answer. */
  output: JsonSchema.optional(),
}

export const Item = z.strictObject({ id: Id.optional(), ...callFields })
export type Item = z.infer<typeof Item>

export const Confirm = z.union([z.enum(['always', 'never']), z.strictObject({ overUsd: z.number().min(0) })], {
  error: 'wanted "always", "never" or { "overUsd": dollars }',
})
export type Confirm = z.infer<typeof Confirm>

const common = {
  confirm: Confirm.default({ overUsd: 1 }),
  concurrency: z.int().min(1).max(500).default(10),
  /** Bytes; a longer text of a result becomes a ref. */
  inlineBytes: z
    .int()
    .min(0)
    .max(256 * 1024)
    .default(8 * 1024),
  /** Plan and price only. */
  dryRun: z.boolean().default(false),
  /** Seconds one request may take; default 300, above 16,000 max tokens 900. */
  timeoutSeconds: z.number().min(1).max(3600).optional(),
  /** How often a failed request is made again; waiting for quota is not counted. */
  maxRetries: z.int().min(0).max(20).default(3),
  /** Seconds a call may wait for quota or an overloaded API. */
  maxWaitSeconds: z.number().min(1).max(86_400).default(3600),
}

const oneOf = (a: string, b: string) => (input: Record<string, unknown>, context: z.RefinementCtx) => {
  if ((input[a] === undefined) === (input[b] === undefined))
    context.addIssue({ code: 'custom', message: `wanted either ${a} or ${b}` })
}

export const ParallelInput = z
  .strictObject({
    items: z.array(Item).min(1, 'is empty: wanted at least one item').optional(),
    /** A file on the worker's machine: a JSON array of items, or one item a line. */
    itemsFile: z.string().min(1).optional(),
    /** System text (or blocks) that precedes every item's own. */
    sharedSystem: TextOrBlocks.optional(),
    cacheSharedSystem: z.boolean().optional(),
    ...callFields,
    ...common,
  })
  .superRefine(oneOf('items', 'itemsFile'))
export type ParallelInput = z.input<typeof ParallelInput>

export const EXPERTS = [
  'security',
  'correctness',
  'performance',
  'readability',
  'maintainability',
  'tests',
  'api',
] as const

const OwnExpert = z.strictObject({ name: Id, system: Text })

export const ReviewInput = z
  .strictObject({
    /** Files and directories on the worker's machine; git's ignore rules hold. */
    paths: z.array(z.string().min(1)).min(1, 'is empty: wanted at least one path').optional(),
    files: z
      .array(z.strictObject({ path: z.string().min(1), text: z.string() }))
      .min(1)
      .optional(),
    /** Names of built-in experts, paths of Markdown files, or own ones. */
    experts: z
      .array(z.union([z.string().min(1), OwnExpert]))
      .min(1, 'is empty: wanted at least one expert')
      .optional(),
    question: Text.optional(),
    model: z.string().optional(),
    maxTokens: z.int().min(1).max(128_000).optional(),
    ...common,
  })
  .superRefine(oneOf('paths', 'files'))
export type ReviewInput = z.input<typeof ReviewInput>

/** How an expert answers. */
export const ExpertAnswer = z.object({
  findings: z.array(
    z.object({
      file: z.string().describe('path exactly as given'),
      line: z.int().describe('line number as given, 1 or more'),
      severity: z.enum(['critical', 'high', 'medium', 'low']),
      title: z.string().describe('one line'),
      detail: z.string().describe('why it matters and what to do, a few sentences'),
    }),
  ),
})
export type ExpertAnswer = z.infer<typeof ExpertAnswer>

export const INPUTS = { parallel: ParallelInput, review: ReviewInput } as const

/** A message for people: one line for each problem, with the path to it, what was got and what is wanted. */
export function explain(error: z.ZodError, input: unknown): string {
  return error.issues.map((issue) => explainIssue(issue, input)).join('; ')
}

function explainIssue(issue: z.core.$ZodIssue, input: unknown): string {
  const where = issue.path.length === 0 ? 'input' : issue.path.map(String).join('.')
  if (issue.code === 'unrecognized_keys')
    return `${where}: unknown field ${issue.keys.map((key) => `"${key}"`).join(', ')}`
  let got: unknown = input
  for (const key of issue.path) got = (got as Record<PropertyKey, unknown> | undefined)?.[key]
  const shown = JSON.stringify(got) ?? 'nothing'
  return `${where}: ${issue.message} (got ${shown.length > 80 ? `${shown.slice(0, 80)}…` : shown})`
}
