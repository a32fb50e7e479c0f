// Structured output is a promise of the API, and this is where it is held to it: an answer of another shape is an error
// of its call, which can be asked again, instead of a surprise for whoever uses it.
import { z } from 'zod'

/** Why a value does not fit a JSON Schema; undefined when it does, or when the schema says what we cannot check. */
export function misfit(value: unknown, schema: Record<string, unknown>): string | undefined {
  const checker = checkerOf(schema)
  const issue = checker?.safeParse(value).error?.issues[0]
  return issue && `${issue.path.map(String).join('.') || 'the answer'}: ${issue.message}`
}

function checkerOf(schema: Record<string, unknown>): z.ZodType | undefined {
  try {
    return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0])
  } catch {
    // Keywords zod has no words for: the API took the schema, so its promise has to do.
    return undefined
  }
}
