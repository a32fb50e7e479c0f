// What is wrong with an input, said to people.
import type { z } from 'zod'

/** A message for people: one line for each problem, with the path to it, what was got and what is wanted. */
export function explain(error: z.ZodError, input: unknown): string {
  return error.issues.map((issue) => explainIssue(issue, input)).join('; ')
}

function explainIssue(issue: z.core.$ZodIssue, input: unknown): string {
  const where = issue.path.length === 0 ? 'input' : issue.path.map(String).join('.')
  if (issue.code === 'unrecognized_keys')
    return `${where}: unknown field ${issue.keys.map((key) => `"${key}"`).join(', ')}`
  if (issue.code === 'custom' && issue.params?.secret === true) return `${where}: ${issue.message}`
  let got: unknown = input
  for (const key of issue.path) got = (got as Record<PropertyKey, unknown> | undefined)?.[key]
  const shown = JSON.stringify(got) ?? 'nothing'
  return `${where}: ${issue.message} (got ${shown.length > 80 ? `${shown.slice(0, 80)}…` : shown})`
}
