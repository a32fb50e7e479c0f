// One JSON line per figure, beside the baseline measured in the same run; `wanted` is a bound, `met` says whether.
export type Figure = {
  figure: string
  value: number
  unit: string
  wanted: number
  /** `most`: value must not exceed it; `least`: must reach it. */
  bound: 'most' | 'least'
  baseline?: Record<string, number>
}

export function print({ bound, ...figure }: Figure): void {
  const met = bound === 'most' ? figure.value <= figure.wanted : figure.value >= figure.wanted
  process.stdout.write(`${JSON.stringify({ ...figure, bound, met })}\n`)
}

export function round(value: number, digits = 3): number {
  return Number(value.toFixed(digits))
}

export function median(values: number[]): number {
  return percentile(values, 50)
}

export function percentile(values: number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN
}
