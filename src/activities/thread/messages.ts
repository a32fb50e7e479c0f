// What the model is sent of a conversation. Answers go back exactly as they came, thinking and tools included; of an
// interrupted one its text alone, because unfinished thinking has no signature; of a failed turn nothing. And the API's
// own rules are kept: no empty text, no tool use without its result.
import { type Chunk, type Content, type ContentBlock, chunkText } from '../../contracts/conversation.js'
import type { Conversation } from './chunks.js'
import { type Contents, NOT_RUN, resultBlock } from './results.js'

export type SentMessage = { role: 'user' | 'assistant'; content: ContentBlock[] }

const INTERRUPTED = '[The answer above was interrupted before it was complete.]'
const EMPTY = '[Your answer was empty. Go on with your tools, or say what you found.]'

/** The messages of the turns so far, oldest first. */
export function messagesOf({ chunks, condensed, contents }: Conversation): SentMessage[] {
  const messages = chunks.flatMap((chunk) => messagesOfTurn(chunk, contents))
  const first = messages[0]
  if (!condensed || !first) return messages
  // What the first message answers is in the summary, where no tool use is.
  const rest = first.content.map((block) => (block.type === 'tool_result' ? asText(block) : block))
  return [{ ...first, content: [summaryBlock(condensed.text), ...rest] }, ...messages.slice(1)]
}

export function summaryBlock(text: string): ContentBlock {
  return { type: 'text', text: `[Summary of the conversation so far, in place of its messages]\n\n${text}` }
}

function messagesOfTurn(chunk: Chunk, contents: Contents): SentMessage[] {
  const results = (chunk.results ?? []).map((result) => resultBlock(result, contents))
  // A step that failed leaves what the tools before it gave: they were asked for in an answer that stays.
  if (chunk.status === 'error') return results.length > 0 ? [{ role: 'user', content: results }] : []
  const said = [...results, ...(chunk.before ?? []), ...toBlocks(chunk.sent.content)]
  const user: SentMessage[] = said.length > 0 ? [{ role: 'user', content: said }] : []
  const content = answerOf(chunk)
  return content.length > 0 ? [...user, { role: 'assistant', content }] : user
}

function answerOf({ status, answer = [], partial = '' }: Chunk): ContentBlock[] {
  if (status === 'interrupted') return partial.trim() === '' ? [] : [{ type: 'text', text: partial }]
  const sendable = answer.filter((block) => block.type !== 'text' || String(block.text).trim() !== '')
  return sendable.some((block) => !THINKING.has(block.type)) ? sendable : []
}

const THINKING = new Set(['thinking', 'redacted_thinking'])

/** Of a later step of a turn: that the answer before was none. */
export function wordsOfStep({ chunks }: Pick<Conversation, 'chunks'>): ContentBlock[] {
  const last = chunks.at(-1)
  return last && isEmpty(last) ? [{ type: 'text', text: EMPTY }] : []
}

/** Neither words nor tools. */
export function isEmpty({ answer }: Pick<Chunk, 'answer'>): boolean {
  return !(answer ?? []).some(
    (block) => block.type === 'tool_use' || (block.type === 'text' && String(block.text).trim() !== ''),
  )
}

/**
 * What the model needs to be told in front of a message: results of tools nobody ran, that its answer was cut.
 * `notRun`: what is said of such a tool.
 */
export function wordsBefore(
  { chunks }: Pick<Conversation, 'chunks'>,
  messages: SentMessage[],
  content: Content,
  notRun = NOT_RUN,
): ContentBlock[] {
  const last = messages.at(-1)
  if (last?.role !== 'assistant') return []
  const given = new Set(toBlocks(content).flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : [])))
  const open = last.content.filter((block) => block.type === 'tool_use' && !given.has(block.id))
  const results = open.map(({ id }) => ({ type: 'tool_result', tool_use_id: id, is_error: true, content: notRun }))
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
export function sizeOf(chunk: Chunk, contents: Contents): number {
  const { sent, results = [], answer = [] } = chunk
  const asked = answer.reduce(
    (sum, block) => sum + (block.type === 'tool_use' ? JSON.stringify(block.input ?? {}).length : 0),
    0,
  )
  const given = results.reduce((sum, result) => sum + JSON.stringify(resultBlock(result, contents)).length, 0)
  const said = typeof sent.content === 'string' ? sent.content.length : JSON.stringify(sent).length
  return said + (chunkText(chunk)?.length ?? 0) + asked + given
}
