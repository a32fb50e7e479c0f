// What a run cost, in the figures the API bills by: uncached, written to the cache, read from it.
import type { ItemResult, RunResult } from '../../contracts/outcome.js'
import { addUsage, addUsd, noUsage, type Usage, type Usd } from '../../contracts/usage.js'
import { dollars } from './money.js'
import { type Column, table } from './table.js'

const COLUMNS: Column[] = [
  { title: '' },
  { title: 'status' },
  { title: 'uncached', right: true },
  { title: 'cache write', right: true },
  { title: 'cache read', right: true },
  { title: 'output', right: true },
  { title: 'attempts', right: true },
  { title: 'usd', right: true },
]

/** A line for each item (at most `limit`, then their sum), and a total. */
export function costTable(result: RunResult, limit: number): string {
  const shown = result.items.length <= limit ? result.items : result.items.slice(0, limit)
  const rest = result.items.slice(shown.length)
  const rows = shown.map((item) => row(item.id, item.status, item.usage, item.attempts, item.usd))
  if (rest.length > 0) rows.push(summedRow(`${rest.length} more`, rest))
  if (result.items.length > 1) rows.push(row('all', result.status, result.usage, attemptsOf(result.items), result.usd))
  return table(COLUMNS, rows)
}

export function savedLine({ savedUsd }: RunResult): string {
  if (savedUsd === null) return 'saved by the cache: unknown'
  return savedUsd < 0 ? `lost by the cache: ${dollars(-savedUsd)}` : `saved by the cache: ${dollars(savedUsd)}`
}

function summedRow(name: string, items: ItemResult[]): string[] {
  let usage = noUsage()
  let usd: Usd = 0
  for (const item of items) {
    usage = addUsage(usage, item.usage)
    usd = addUsd(usd, item.usd)
  }
  return row(name, '', usage, attemptsOf(items), usd)
}

function row(name: string, status: string, usage: Usage, attempts: number, usd: Usd): string[] {
  const written = usage.cacheWrite5mTokens + usage.cacheWrite1hTokens
  const numbers = [usage.inputTokens, written, usage.cacheReadTokens, usage.outputTokens, attempts]
  return [name, status, ...numbers.map(String), dollars(usd)]
}

const attemptsOf = (items: ItemResult[]) => items.reduce((sum, { attempts }) => sum + attempts, 0)
