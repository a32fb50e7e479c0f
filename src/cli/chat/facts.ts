// What a chat tells about its thread, in a line.
import type { Thread } from '../../client/thread/thread.js'
import { unspent } from '../follow/question.js'
import { dollars } from '../views/money.js'

export function lengthLine(turns: number): string {
  return turns === 1 ? '1 answered turn' : `${turns} answered turns`
}

export async function costLine(thread: Thread): Promise<string> {
  const { usage, usd, savedUsd, server } = await thread.status()
  const written = usage.cacheWrite5mTokens + usage.cacheWrite1hTokens
  const tokens = `tokens: ${usage.inputTokens} in, ${usage.outputTokens} out`
  const cache = `cache: ${written} written, ${usage.cacheReadTokens} read, ${dollars(savedUsd)} saved`
  return `${dollars(usd)}${unspent(server)} · ${tokens} · ${cache}`
}
