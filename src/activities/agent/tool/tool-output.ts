// What a tool gave, as the model hears of it: content blocks without secrets, cut where they would fill the context, kept
// in the store so that only a ref travels.
import type { ToolResult } from '../../../contracts/agent.js'
import type { ContentBlock } from '../../../contracts/conversation.js'
import type { Root } from '../../../contracts/refs.js'
import type { Store } from '../../../storage/store.js'
import { StorageError } from '../../../storage/store.js'
import type { ToolOutput } from '../../../tools/tool.js'
import { headOf } from '../../texts.js'

/** UTF-8 bytes of text the model is sent of one result, some 65,000 tokens; the rest is kept, and named. */
const MAX_TEXT_BYTES = 256 * 1024
/** Characters of base64 of all pictures and documents together. */
const MAX_DATA_CHARACTERS = 6 * 1024 * 1024
/** What is longer is cut before it is kept. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024
const HEAD_CHARACTERS = 200
/** What the API takes in a result. */
const KINDS = new Set(['text', 'image', 'document', 'search_result'])

export type Given = { content: ContentBlock[]; isError: boolean; bytes: number; head: string; whole?: string }

/** @param redact applied to every text of it */
export function readOutput(output: ToolOutput, redact: (text: string) => string): Given {
  const { content, isError } = checked(output)
  const blocks = content.map((block) => withText(block, (text) => redact(text.toWellFormed())))
  const bytes = blocks.reduce((sum, block) => sum + sizeOf(block), 0)
  const all = blocks.flatMap((block) => (block.type === 'text' ? [String(block.text)] : [])).join('\n')
  const cut = capped(blocks)
  const isCut = cut.some((block, index) => block !== blocks[index])
  const shown = cut.filter((block) => block.type !== 'text' || String(block.text) !== '')
  return {
    content: shown.length > 0 ? shown : [{ type: 'text', text: '(no output)' }],
    isError,
    bytes,
    head: oneLine(all),
    ...(isCut && { whole: Buffer.from(all).subarray(0, MAX_KEPT_BYTES).toString('utf8').toWellFormed() }),
  }
}

/** Where the store cannot be reached the result is in `content` itself, for the journal to keep. */
export async function keepResult(
  store: Store,
  root: Root,
  id: string,
  given: Given,
): Promise<{ result: ToolResult } | { result: ToolResult; unstored: Given }> {
  const { content, isError, whole } = given
  const [first] = content
  if (whole === undefined && content.length === 1 && first?.type === 'text') {
    const text = String(first.text)
    if (text.length <= HEAD_CHARACTERS) return { result: { id, isError, content: { text } } }
  }
  try {
    const pointer = whole === undefined ? [] : [pointerTo(await store.put(root, whole), given.bytes)]
    const ref = await store.put(root, JSON.stringify([...content, ...pointer]))
    return { result: { id, isError, content: { ref } } }
  } catch (error) {
    if (!(error instanceof StorageError) || error.kind !== 'unreachable') throw error
    return { result: { id, isError, content: { text: given.head } }, unstored: given }
  }
}

const pointerTo = (ref: string, bytes: number): ContentBlock => ({
  type: 'text',
  text: `[The output was cut: it had ${bytes} bytes. All of its text is kept as ${ref}.]`,
})

function checked(output: unknown): { content: ContentBlock[]; isError: boolean } {
  if (typeof output === 'string') return { content: [{ type: 'text', text: output }], isError: false }
  const { content, isError } = (output ?? {}) as { content?: unknown; isError?: unknown }
  if (!Array.isArray(content)) {
    const text = `the tool gave ${output === null ? 'null' : typeof output}: wanted text or { content: [blocks] }`
    return { content: [{ type: 'text', text }], isError: true }
  }
  return { content: content.map(asBlock), isError: isError === true }
}

function asBlock(block: unknown): ContentBlock {
  const { type, text } = (block ?? {}) as { type?: unknown; text?: unknown }
  if (type === 'text') return { type: 'text', text: typeof text === 'string' ? text : (JSON.stringify(text) ?? '') }
  if (typeof type === 'string' && KINDS.has(type)) return block as ContentBlock
  return { type: 'text', text: JSON.stringify(block) ?? String(block) }
}

function withText(block: ContentBlock, change: (text: string) => string): ContentBlock {
  if (block.type === 'text') return { ...block, text: change(String(block.text)) }
  const texts = (value: unknown): unknown => {
    if (typeof value === 'string') return change(value)
    if (Array.isArray(value)) return value.map(texts)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, name === 'data' ? inner : texts(inner)]),
    )
  }
  return texts(block) as ContentBlock
}

function capped(blocks: ContentBlock[]): ContentBlock[] {
  let text = MAX_TEXT_BYTES
  let data = MAX_DATA_CHARACTERS
  return blocks.map((block) => {
    const size = sizeOf(block)
    if (block.type !== 'text') {
      data -= size
      return data < 0 ? { type: 'text', text: `[a ${block.type} of ${size} bytes was left out: too large]` } : block
    }
    const room = Math.max(0, text)
    text -= size
    return size <= room ? block : { ...block, text: bothEnds(String(block.text), room) }
  })
}

/** Its beginning and its end: what a command says last is often what matters. */
function bothEnds(text: string, bytes: number): string {
  const whole = Buffer.from(text)
  const part = Math.floor(bytes / 2)
  const left = whole
    .subarray(0, part)
    .toString('utf8')
    .replace(/\uFFFD+$/, '')
  const right =
    part === 0
      ? ''
      : whole
          .subarray(-part)
          .toString('utf8')
          .replace(/^\uFFFD+/, '')
  return `${left}\n[… ${whole.length - 2 * part} bytes left out …]\n${right}`
}

function sizeOf(block: ContentBlock): number {
  return Buffer.byteLength(block.type === 'text' ? String(block.text) : (JSON.stringify(block) ?? ''))
}

/** Control and format characters would act on a terminal, or hide. */
function oneLine(text: string): string {
  const line = text
    .slice(0, 4 * HEAD_CHARACTERS)
    .replace(/\s+/g, ' ')
    .trim()
  return headOf(
    line.replace(/[\p{Cc}\p{Cf}]/gu, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`),
    HEAD_CHARACTERS,
  )
}
