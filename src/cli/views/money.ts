// Dollars as people read them: never rounded to nothing, never "free" when the price is unknown.
import type { BudgetState } from '../../contracts/messages.js'
import type { Usd } from '../../contracts/usage.js'

export function dollars(usd: Usd | undefined): string {
  if (usd === null || usd === undefined) return 'unknown'
  if (usd === 0) return '$0'
  const size = Math.abs(usd)
  const digits = size >= 1 ? 2 : size >= 0.01 ? 4 : 6
  return `${usd < 0 ? '-' : ''}$${size.toFixed(digits)}`
}

/** Cap, what is spent, what is set aside for what is under way. */
export function budgetLine({ capUsd, spentUsd, reservedUsd, unknown }: BudgetState): string {
  const more = unknown ? ' and calls of unknown price' : ''
  const aside = reservedUsd > 0 ? `, ${dollars(reservedUsd)} set aside` : ''
  return `${dollars(spentUsd)}${more} spent of ${dollars(capUsd)}${aside}`
}
