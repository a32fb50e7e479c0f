// How long ago, in the one unit that tells.
const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const

/** Such as "3 m". `from` is an ISO time. */
export function ageOf(from: string, now: number = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(from)) / 1000))
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? ['s', 1]
  return `${Math.floor(seconds / size)} ${unit}`
}
