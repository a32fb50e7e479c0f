// What one call may be given: the same fields in every workflow that makes calls.
import { z } from 'zod'

export const Text = z.string().min(1, 'is empty')
export const Id = z
  .string()
  .min(1)
  .max(100)
  .refine((id) => !/\p{Cc}/u.test(id), 'has control characters')

/** A content block of the Messages API, passed on as it is. */
const Block = z.looseObject({ type: z.string() })
export const TextOrBlocks = z.union([Text, z.array(Block).min(1)], { error: 'wanted text or a list of content blocks' })
const Message = z.looseObject({
  role: z.enum(['user', 'assistant', 'system']),
  content: z.union([z.string(), z.array(Block)]),
})

/** Clients may give a zod schema instead: it is sent as JSON Schema. */
const JsonSchema: z.ZodType<Record<string, unknown>, Record<string, unknown> | z.ZodType> = z.record(
  z.string(),
  z.unknown(),
)

export const maxTokens = z.int().min(1).max(128_000)
/** 0 to 1; today's models refuse it: left out, and named in the warnings. */
export const temperature = z.number().min(0).max(1)
/** Further parameters of the API, by their API names. */
export const params = z.record(z.string(), z.unknown())

export const callFields = {
  prompt: TextOrBlocks.optional(),
  system: TextOrBlocks.optional(),
  /** A whole conversation; overrides `prompt`. */
  messages: z.array(Message).min(1).optional(),
  model: z.string().optional(),
  maxTokens: maxTokens.optional(),
  temperature: temperature.optional(),
  cacheSystem: z.boolean().optional(),
  cachePrompt: z.boolean().optional(),
  params: params.optional(),
  /** JSON Schema of the answer. */
  output: JsonSchema.optional(),
}
