// What a server's tool gives back, as content of a tool result. What a model cannot be shown is named instead; what is
// too much is cut, and says so.
import type { CallToolResult, ContentBlock as McpBlock } from '@modelcontextprotocol/client'
import type { ContentBlock } from '../contracts/conversation.js'

const MAX_TEXT = 1024 * 1024
const MAX_IMAGE_BYTES = 5 * 1024 * 1024
const IMAGES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp']

export function contentOf({ content, structuredContent }: CallToolResult): ContentBlock[] {
  const blocks = content.map(blockOf)
  // The protocol asks servers to repeat it as text; not all do.
  if (blocks.length === 0 && structuredContent !== undefined) blocks.push(text(JSON.stringify(structuredContent)))
  return blocks.length === 0 ? [text('(no output)')] : cut(blocks)
}

function blockOf(block: McpBlock): ContentBlock {
  switch (block.type) {
    case 'text':
      return text(block.text)
    case 'image':
      return imageOf(block.mimeType, block.data)
    case 'audio':
      return text(`[${block.mimeType}, ${bytesOf(block.data)} bytes: audio is not shown]`)
    case 'resource_link':
      return text(`[${block.name}: ${block.uri}]`)
    case 'resource': {
      const { resource } = block
      if ('text' in resource) return text(`${resource.uri}:\n${resource.text}`)
      return text(`[${resource.uri}: ${bytesOf(resource.blob)} bytes that are no text]`)
    }
  }
}

function imageOf(type: string, data: string): ContentBlock {
  if (!IMAGES.includes(type) || bytesOf(data) > MAX_IMAGE_BYTES)
    return text(`[${type}, ${bytesOf(data)} bytes: cannot be shown]`)
  return { type: 'image', source: { type: 'base64', media_type: type, data } }
}

function cut(blocks: ContentBlock[]): ContentBlock[] {
  let left = MAX_TEXT
  return blocks.flatMap((block) => {
    if (block.type !== 'text') return [block]
    if (left <= 0) return []
    const whole = String(block.text)
    const kept = whole.slice(0, left)
    left -= whole.length
    return [text(kept.length < whole.length ? `${kept}\n[cut: ${whole.length - kept.length} characters more]` : kept)]
  })
}

const text = (value: string): ContentBlock => ({ type: 'text', text: value })
const bytesOf = (base64: string) => Math.floor((base64.length * 3) / 4)
