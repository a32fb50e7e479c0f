// One bare activity per call: the same SDK, the same streamed request, no journal, no heartbeat, no accounting.
import { readFile } from 'node:fs/promises'
import Anthropic from '@anthropic-ai/sdk'

export function bareActivities(baseURL: string) {
  const client = new Anthropic({ apiKey: 'simulator', baseURL, maxRetries: 0, logLevel: 'off' })
  return {
    async bareCall(prompt: string): Promise<string> {
      const message = await client.messages
        .stream({ model: 'claude-sonnet-5-5', max_tokens: 4096, messages: [{ role: 'user', content: prompt }] })
        .finalMessage()
      return message.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('')
    },
    bareTool: (path: string) => readFile(path, 'utf8'),
  }
}

export type BareActivities = ReturnType<typeof bareActivities>
