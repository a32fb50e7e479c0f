// What people send to a thread, read kindly: text, a number, blocks, or an object with one of them. What the model could
// not be sent is refused with what was got and what is wanted, before it takes a place in the conversation.

import type { Content, ContentBlock } from '../../../contracts/conversation.js'
import { isTooDeep, MAX_NESTING } from '../../../contracts/nesting.js'
import { MAX_MESSAGE_BYTES } from '../../../contracts/thread.js'
import { isUnreadable } from '../../../contracts/unreadable.js'
import type { Read } from '../approvals/answer.js'

export type ReadMessage = { content: Content; bytes: number; id?: string; cacheHistory: boolean }

const ID_CHARACTERS = 200
const BLOCKS = ['text', 'image', 'document', 'search_result', 'tool_result', 'container_upload']
const WANTED = 'wanted text, or { "text": "…" }, or { "content": [blocks] }'

export function readMessage(sent: unknown): Read<ReadMessage> {
  if (isUnreadable(sent)) return { refused: `${sent.unreadable}; ${WANTED}` }
  if (isTooDeep(sent)) return { refused: `is nested too deep; wanted at most ${MAX_NESTING} levels` }
  if (!isObject(sent)) return readContent(sent, {})
  const { text, content, id, cacheHistory = true } = sent
  if (text !== undefined && content !== undefined) return { refused: `got text and content; wanted one of them` }
  if (text === undefined && content === undefined) return { refused: `got ${fields(sent)}; ${WANTED}` }
  if (text !== undefined && typeof text !== 'string' && typeof text !== 'number')
    return { refused: `text is ${shown(text)}; wanted text` }
  if (typeof cacheHistory !== 'boolean')
    return { refused: `cacheHistory is ${shown(cacheHistory)}; wanted true or false` }
  const own = readId(id)
  if (own !== undefined && typeof own === 'object') return own
  return readContent(text ?? content, { cacheHistory, ...(own !== undefined && { id: own }) })
}

function readId(id: unknown): Read<string> | undefined {
  if (id === undefined || id === null) return undefined
  if (typeof id !== 'string' && typeof id !== 'number') return { refused: `id is ${shown(id)}; wanted text` }
  const text = String(id)
  if (text === '' || text.length > ID_CHARACTERS)
    return { refused: `id has ${text.length} characters; wanted 1 to ${ID_CHARACTERS}` }
  return text.isWellFormed() ? text : { refused: 'id has half a surrogate pair, which is no text' }
}

function readContent(given: unknown, more: { id?: string; cacheHistory?: boolean }): Read<ReadMessage> {
  const content = typeof given === 'number' ? String(given) : given
  const why = typeof content === 'string' ? whyNoText(content) : whyNoBlocks(content)
  if (why) return { refused: why }
  if (!isWellFormed(content)) return { refused: 'has half a surrogate pair, which is no text; wanted whole characters' }
  const bytes = new TextEncoder().encode(JSON.stringify(content)).byteLength
  if (bytes > MAX_MESSAGE_BYTES)
    return { refused: `has ${bytes} bytes; wanted at most ${MAX_MESSAGE_BYTES}: send files as references` }
  return { content: content as Content, bytes, cacheHistory: true, ...more }
}

function whyNoText(text: string): string | undefined {
  return text.trim() === '' ? 'is empty; wanted text' : undefined
}

function whyNoBlocks(content: unknown): string | undefined {
  if (!Array.isArray(content)) return `got ${shown(content)}; ${WANTED}`
  if (content.length === 0) return 'content is an empty list; wanted at least one block'
  for (const [index, block] of content.entries()) {
    if (!isObject(block)) return `content.${index} is ${shown(block)}; wanted a content block`
    const { type } = block as ContentBlock
    if (!BLOCKS.includes(type)) return `content.${index}.type is ${shown(type)}; wanted one of ${BLOCKS.join(', ')}`
    if (type !== 'text') continue
    if (typeof block.text !== 'string') return `content.${index}.text is ${shown(block.text)}; wanted text`
    if (block.text.trim() === '') return `content.${index}.text is empty; wanted text`
  }
  return undefined
}

/** Half a character cannot be stored or sent byte-exactly. */
function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (Array.isArray(value)) return value.every(isWellFormed)
  if (!isObject(value)) return true
  return Object.entries(value).every(([key, entry]) => key.isWellFormed() && isWellFormed(entry))
}

/** interrupt and answer: a turn by its number, or none named. */
export function readTurn(sent: unknown): Read<{ turn?: number }> {
  if (isUnreadable(sent)) return { refused: sent.unreadable }
  const given = isObject(sent) ? (sent.turn ?? sent.item) : sent
  if (given === undefined || given === null || given === true || given === '') return {}
  const turn = typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : given
  if (typeof turn === 'number' && Number.isSafeInteger(turn)) return { turn }
  return { refused: `turn is ${shown(given)}; wanted a turn's number, or nothing for the running one` }
}

function fields(sent: object): string {
  const names = Object.keys(sent)
  return names.length === 0 ? 'an object with no fields' : `the fields ${names.slice(0, 10).join(', ').slice(0, 100)}`
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  return isTooDeep(value) ? 'nested too deep' : (JSON.stringify(value)?.slice(0, 80) ?? 'nothing')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
