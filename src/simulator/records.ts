// Records whose shape nobody promised: read with a fallback for everything.

export type Row = Record<string, unknown>

export const rowOf = (value: unknown): Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Row) : {}
export const rowsOf = (value: unknown): Row[] => (Array.isArray(value) ? value.map(rowOf) : [])
export const textOr = <T>(value: unknown, otherwise: T): string | T =>
  typeof value === 'string' && value !== '' ? value : otherwise
export const numberOr = <T>(value: unknown, otherwise: T): number | T => (typeof value === 'number' ? value : otherwise)

/** Whole days from `day` (YYYY-MM-DD) to today. */
export function daysSince(day: unknown): number | undefined {
  const at = typeof day === 'string' ? Date.parse(day) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, Math.floor((Date.now() - at) / 86_400_000))
}
