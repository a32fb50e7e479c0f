// What people type as JSON: read, or known not to be any.

/** An object; undefined for anything else. */
export function parsePatch(text: string): Record<string, unknown> | undefined {
  const value = parseJson(text)?.value
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

/** undefined: no JSON. */
export function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
