// The same input must be recognised whatever order its fields were written in: a run id used again with the same input
// is the same run. So inputs are compared by the hash of one canonical form of their JSON.
import { createHash } from 'node:crypto'

/** JSON with the keys of every object sorted; what JSON drops (undefined) is dropped. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value))
}

/** Hex SHA-256 of the canonical JSON. */
export function inputHash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  const from = value as Record<string, unknown>
  // A null prototype, so that a key named __proto__ stays a key.
  const into: Record<string, unknown> = Object.create(null)
  for (const key of Object.keys(from).sort()) into[key] = sorted(from[key])
  return into
}
