// What calls consumed. Dollars are null when a model's price is unknown: unknown is never shown as free.

/** Tokens as the API bills them; `inputTokens` are the uncached ones, `thinkingTokens` a part of `outputTokens`. */
export type Usage = {
  inputTokens: number
  outputTokens: number
  thinkingTokens: number
  cacheReadTokens: number
  cacheWrite5mTokens: number
  cacheWrite1hTokens: number
}

/** USD; null: the price of a model in it is not known. */
export type Usd = number | null

export function noUsage(): Usage {
  return {
    inputTokens: 0,
    outputTokens: 0,
    thinkingTokens: 0,
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
  }
}

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    thinkingTokens: a.thinkingTokens + b.thinkingTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheWrite5mTokens: a.cacheWrite5mTokens + b.cacheWrite5mTokens,
    cacheWrite1hTokens: a.cacheWrite1hTokens + b.cacheWrite1hTokens,
  }
}

/** A sum with an unknown part is unknown. Rounded to a ten-millionth of a dollar so that sums stay readable. */
export function addUsd(a: Usd, b: Usd): Usd {
  return a === null || b === null ? null : roundUsd(a + b)
}

export function roundUsd(usd: number): number {
  return Math.round(usd * 1e7) / 1e7
}
