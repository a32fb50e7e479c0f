// The API's usage in our words, and an honest estimate where an aborted answer never said what it cost.
import type Anthropic from '@anthropic-ai/sdk'
import type { Usage } from '../../contracts/usage.js'

export function toUsage(usage: Anthropic.Usage): Usage {
  const hour = usage.cache_creation?.ephemeral_1h_input_tokens ?? 0
  return {
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    thinkingTokens: usage.output_tokens_details?.thinking_tokens ?? 0,
    cacheReadTokens: usage.cache_read_input_tokens ?? 0,
    cacheWrite5mTokens: (usage.cache_creation_input_tokens ?? 0) - hour,
    cacheWrite1hTokens: hour,
  }
}

/** About four characters are a token. Only for progress and for answers that were cut off. */
export function estimateTokens(characters: number): number {
  return Math.ceil(characters / 4)
}
