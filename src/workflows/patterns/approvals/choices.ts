// What an answer says of several things that were offered.

/** The ids of `{ "only": […] }`; undefined for anything else. */
export function chosenOf(input: unknown): string[] | undefined {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return undefined
  const { only, ...others } = input as { only?: unknown }
  if (!Array.isArray(only) || Object.keys(others).length > 0) return undefined
  return only.every((id): id is string => typeof id === 'string') ? only : undefined
}
