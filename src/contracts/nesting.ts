// JSON can be read however deep it is nested, but not walked or written again: that ends with the stack, in a workflow
// as a task that fails for ever. So what comes from outside is measured first.

/** Deeper than any request, schema or conversation that is meant. */
export const MAX_NESTING = 200

/** Whether lists and objects in `value` are nested deeper than MAX_NESTING. Level by level: it takes no stack itself. */
export function isTooDeep(value: unknown): boolean {
  let level = [value].filter(isNested)
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === MAX_NESTING) return true
    level = level.flatMap((entry) => Object.values(entry)).filter(isNested)
  }
  return false
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
