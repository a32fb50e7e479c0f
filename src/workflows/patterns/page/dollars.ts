/** "$1.20", small amounts with four decimals, and never $0 for an unknown price. */
export function dollars(usd: number | null): string {
  if (usd === null) return 'an unknown price'
  const size = Math.abs(usd)
  return `${usd < 0 ? '-' : ''}$${size === 0 || size >= 0.01 ? size.toFixed(2) : size.toFixed(4)}`
}
