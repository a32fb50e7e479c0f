// The worker's door: whatever a client sent is checked again here, because anybody may start a run with hand-written
// JSON.
import type { z } from 'zod'
import { isTooDeep, MAX_NESTING } from '../../contracts/nesting.js'
import { explain } from '../../contracts/schemas/index.js'
import { InputError } from '../input-error.js'

export function parseInput<T extends z.ZodType>(schema: T, raw: unknown): z.output<T> {
  if (isTooDeep(raw))
    throw new InputError(`input: is nested too deep; wanted at most ${MAX_NESTING} levels of lists and objects`)
  const loneSurrogate = findLoneSurrogate(raw, [])
  if (loneSurrogate)
    throw new InputError(`${loneSurrogate}: has half a surrogate pair, which is no text; wanted whole characters`)
  const result = schema.safeParse(raw)
  if (!result.success) throw new InputError(explain(result.error, raw))
  return result.data
}

/** Half a character cannot be stored or sent byte-exactly, so it is refused instead of replaced. */
export function findLoneSurrogate(value: unknown, path: (string | number)[]): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? undefined : path.join('.') || 'input'
  if (Array.isArray(value))
    return first(
      value.map((entry, index) => [index, entry]),
      path,
    )
  if (typeof value === 'object' && value !== null) return first(Object.entries(value), path)
  return undefined
}

function first(entries: Iterable<readonly (unknown | string)[]>, path: (string | number)[]): string | undefined {
  for (const [key, entry] of entries) {
    const found = findLoneSurrogate(entry, [...path, key as string | number]) ?? findLoneSurrogate(key, path)
    if (found) return found
  }
  return undefined
}
