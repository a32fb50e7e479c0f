// What the program is told besides the message: after a crash what became of the tools it had asked for, because its own
// record only says that they were cut off; in a new session what was said before it.
import type { ToolResult } from '../../contracts/agent.js'
import type { ContentBlock } from '../../contracts/conversation.js'
import type { Conversation } from '../thread/chunks.js'
import { messagesOf } from '../thread/messages.js'
import { type Contents, resultBlock } from '../thread/results.js'

export type Use = { name: string; result: ToolResult }

export function resumed(uses: Use[], contents: Contents): ContentBlock[] {
  const head = 'The program that runs you was interrupted and goes on now.'
  if (uses.length === 0) return [{ type: 'text', text: `[${head} Go on where you were.]` }]
  const told = uses.flatMap(({ name, result }) => {
    const { content, is_error: failed } = resultBlock(result, contents)
    const blocks: ContentBlock[] =
      typeof content === 'string' ? [{ type: 'text', text: content }] : (content as ContentBlock[])
    return [{ type: 'text', text: `[${name} (${result.id}) ended${failed ? ' with an error' : ''}:]` }, ...blocks]
  })
  const rule = 'Whatever your record says of these tool calls, this is what became of them; none needs to be repeated.'
  return [{ type: 'text', text: `[${head} ${rule}]` }, ...told]
}

/** A conversation that this host has no session of, as text. */
export function saidBefore(conversation: Conversation): ContentBlock[] {
  const messages = messagesOf(conversation)
  if (messages.length === 0) return []
  const lines = messages.flatMap(({ role, content }) =>
    content.map(
      (block) => `${role === 'user' ? 'They' : 'You'}: ${block.type === 'text' ? block.text : JSON.stringify(block)}`,
    ),
  )
  return [{ type: 'text', text: `[The conversation so far:]\n\n${lines.join('\n\n')}\n\n[It goes on:]` }]
}
