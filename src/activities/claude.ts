// The one door to the model: a client with the SDK's own retries off (Temporal alone retries; three POSTs hidden in one
// attempt would be paid three times) and the knowledge of who answers behind the base URL.
import Anthropic from '@anthropic-ai/sdk'
import type { ModelServer } from '../contracts/outcome.js'

export type Claude = {
  messages: Anthropic['messages']
  models: Anthropic['models']
  /** Real API or simulator, as the server itself says. Rejects while it cannot be reached. */
  server(): Promise<ModelServer>
}

const OFFICIAL = 'https://api.anthropic.com'

/** @param baseUrl where the Messages API is; default the real one. Without a key only a simulator will answer. */
export function createClaude({ apiKey, baseUrl = OFFICIAL }: { apiKey?: string; baseUrl?: string }): Claude {
  const client = new Anthropic({ apiKey: apiKey ?? 'simulator', baseURL: baseUrl, maxRetries: 0, logLevel: 'off' })
  let known: ModelServer | undefined = new URL(baseUrl).origin === OFFICIAL ? 'live' : undefined
  return {
    messages: client.messages,
    models: client.models,
    async server() {
      if (known) return known
      // A server that names itself simulator is one, whatever key is at hand; any answer at all tells.
      const response = await fetch(new URL('/v1/models', baseUrl), { signal: AbortSignal.timeout(10_000) })
      await response.arrayBuffer()
      known = response.headers.get('x-model-server') === 'simulator' ? 'simulated' : 'live'
      return known
    },
  }
}
