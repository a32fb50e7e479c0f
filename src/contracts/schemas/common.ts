// What every run may be told besides its own input.
import { z } from 'zod'

/** Inline input is at most this; more comes as files (`itemsFile`, `paths`, `files`). */
export const MAX_INPUT_BYTES = 1024 * 1024

export const Confirm = z.union([z.enum(['always', 'never']), z.strictObject({ overUsd: z.number().min(0) })], {
  error: 'wanted "always", "never" or { "overUsd": dollars }',
})
export type Confirm = z.infer<typeof Confirm>

/** How calls are made: of every workflow, threads included. */
export const calling = {
  /** Bytes; a longer text of a result becomes a ref. */
  inlineBytes: z
    .int()
    .min(0)
    .max(256 * 1024)
    .default(8 * 1024),
  /** Seconds one request may take; default 300, above 16,000 max tokens 900. */
  timeoutSeconds: z.number().min(1).max(3600).optional(),
  /** How often a failed request is made again; waiting for quota is not counted. */
  maxRetries: z.int().min(0).max(20).default(3),
  /** Seconds a call may wait for quota or an overloaded API. */
  maxWaitSeconds: z.number().min(1).max(86_400).default(3600),
}

export const budgetUsd = z.number().positive().max(1_000_000).optional()

export const common = {
  confirm: Confirm.default({ overUsd: 1 }),
  /** Dollars: the most its calls may cost; what does not fit waits for a person. */
  budgetUsd,
  concurrency: z.int().min(1).max(500).default(10),
  /** Plan and price only. */
  dryRun: z.boolean().default(false),
  /** Publish texts while they arrive. */
  stream: z.boolean().default(false),
  ...calling,
}

export const oneOf = (a: string, b: string) => (input: Record<string, unknown>, context: z.RefinementCtx) => {
  if ((input[a] === undefined) === (input[b] === undefined))
    context.addIssue({ code: 'custom', message: `wanted either ${a} or ${b}` })
}
