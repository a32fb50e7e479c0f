// What the model is sent of a conversation. Answers go back exactly as they came, thinking and tools included; of an
// interrupted one its text alone, because unfinished thinking has no signature; of a failed turn nothing. And the API's
// own rules are kept: no empty text, no tool use without its result.
import { type Chunk, type Content, type ContentBlock, chunkText } from '../../contracts/thread.js'
import type { Conversation } from './chunks.js'

export type SentMessage = { role: 'user' | 'assistant'; content: ContentBlock[] }

const INTERRUPTED = '[The answer above was interrupted before it was complete.]'
const NOT_RUN = 'This tool was not run.'

/** The messages of the turns so far, oldest first. */
export function messagesOf({ chunks, condensed }: Conversation): SentMessage[] {
  const messages = chunks.flatMap(messagesOfTurn)
  const first = messages[0]
  if (!condensed || !first) return messages
  // What the first message answers is in the summary, where no tool use is.
  const rest = first.content.map((block) => (block.type === 'tool_result' ? asText(block) : block))
  return [{ ...first, content: [summaryBlock(condensed.text), ...rest] }, ...messages.slice(1)]
}

export function summaryBlock(text: string): ContentBlock {
  return { type: 'text', text: `[Summary of the conversation so far, in place of its messages]\n\n${text}` }
}

function messagesOfTurn(chunk: Chunk): SentMessage[] {
  if (chunk.status === 'error') return []
  const user: SentMessage = { role: 'user', content: [...(chunk.before ?? []), ...toBlocks(chunk.sent.content)] }
  const content = answerOf(chunk)
  return content.length > 0 ? [user, { role: 'assistant', content }] : [user]
}

function answerOf({ status, answer = [], partial = '' }: Chunk): ContentBlock[] {
  if (status === 'interrupted') return partial.trim() === '' ? [] : [{ type: 'text', text: partial }]
  const sendable = answer.filter((block) => block.type !== 'text' || String(block.text).trim() !== '')
  return sendable.some((block) => !THINKING.has(block.type)) ? sendable : []
}

const THINKING = new Set(['thinking', 'redacted_thinking'])

/** What the model needs to be told in front of a message: results of tools nobody ran, that its answer was cut. */
export function wordsBefore({ chunks }: Conversation, messages: SentMessage[], content: Content): ContentBlock[] {
  const last = messages.at(-1)
  if (last?.role !== 'assistant') return []
  const given = new Set(toBlocks(content).flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : [])))
  const open = last.content.filter((block) => block.type === 'tool_use' && !given.has(block.id))
  const results = open.map(({ id }) => ({ type: 'tool_result', tool_use_id: id, is_error: true, content: NOT_RUN }))
  const spoken = chunks.findLast((chunk) => chunk.status !== 'error')
  return spoken?.status === 'interrupted' ? [...results, { type: 'text', text: INTERRUPTED }] : results
}

export function toBlocks(content: Content): ContentBlock[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content
}

function asText(block: ContentBlock): ContentBlock {
  const { content = '' } = block
  return { type: 'text', text: `[Result of a tool] ${typeof content === 'string' ? content : JSON.stringify(content)}` }
}

/** Characters of a turn as it is sent: for estimates only. */
export function sizeOf(chunk: Chunk): number {
  const answered = chunkText(chunk)?.length ?? 0
  return (
    (typeof chunk.sent.content === 'string' ? chunk.sent.content.length : JSON.stringify(chunk.sent).length) + answered
  )
}
