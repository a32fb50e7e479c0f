// A reply in the API's own objects: the Message of a JSON answer, and the message that opens and closes a stream.

import type { ContentBlock, Message, MessageDeltaUsage, Usage } from '@anthropic-ai/sdk/resources/messages'
import type { JournalUsage } from './journal.js'
import type { InputUsage } from './prompt-cache.js'
import { type Reply, type ReplyBlock, tokensOfBlock } from './reply.js'

export type MessageHead = { id: string; model: string; input: InputUsage }

/** What the reply costs, after the rule's own figures. */
export function usageOf(input: InputUsage, reply: Reply): JournalUsage {
  const thinking = reply.blocks.filter((block) => block.type === 'thinking')
  const { thinking_tokens = sum(thinking), ...replaced } = reply.usage
  return {
    ...input,
    output_tokens: sum(reply.blocks),
    output_tokens_details: { thinking_tokens },
    ...replaced,
  }
}

const sum = (blocks: ReplyBlock[]) => blocks.reduce((total, block) => total + tokensOfBlock(block), 0)

/** The message before it has any content. */
export function emptyMessage({ id, model, input }: MessageHead): Message {
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage: wireUsage({ ...input, output_tokens: 1, output_tokens_details: { thinking_tokens: 0 } }),
  }
}

export function wholeMessage(head: MessageHead, reply: Reply): Message {
  return {
    ...emptyMessage(head),
    content: reply.blocks.map(contentBlock),
    stop_reason: reply.stopReason,
    stop_sequence: reply.stopSequence,
    stop_details: reply.stopDetails,
    usage: wireUsage(usageOf(head.input, reply)),
  }
}

export function finalUsage(input: InputUsage, reply: Reply): MessageDeltaUsage {
  const { cache_creation: _, ...usage } = usageOf(input, reply)
  return { ...usage, server_tool_use: null }
}

function wireUsage(usage: JournalUsage): Usage {
  return { ...usage, server_tool_use: null, service_tier: 'standard', inference_geo: null, speed: null }
}

function contentBlock(block: ReplyBlock): ContentBlock {
  if (block.type === 'text') return { ...block, citations: null }
  if (block.type === 'thinking') return { type: 'thinking', thinking: block.thinking, signature: block.signature }
  const { id, name, json } = block
  return { type: 'tool_use', id, name, input: parsedOrEmpty(json), caller: { type: 'direct' } }
}

/** A tool's input cut by max_tokens arrives as {}: so does the API. */
function parsedOrEmpty(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return {}
  }
}
