// Rules about the conversation itself, the same for every model: who speaks first, no empty text, and every tool use
// answered at once by the next message and nowhere else.

import type { MessageParam } from '@anthropic-ai/sdk/resources/messages'
import { badRequest } from './api-error.js'
import { blocksOf, type MessagesRequest } from './request.js'

/** Throws the API's 400 when the messages do not form a conversation it accepts. */
export function refuseBrokenTurns(request: MessagesRequest): void {
  const { messages } = request
  if (messages[0]?.role === 'assistant') throw badRequest('messages: first message must use the "user" role')
  messages.forEach((message, index) => {
    refuseEmpty(message, index, messages.length)
    refuseUnansweredTools(messages, index)
  })
  const names = (request.tools ?? []).map((tool) => ('name' in tool ? tool.name : tool.type))
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw badRequest(`tools: Tool names must be unique. Found twice: ${twice}`)
}

function refuseEmpty(message: MessageParam, index: number, count: number): void {
  const blocks = blocksOf(message.content)
  const lastAssistant = message.role === 'assistant' && index === count - 1
  if ((message.content === '' || blocks.length === 0) && !lastAssistant) {
    throw badRequest(
      `messages.${index}: all messages must have non-empty content except for the optional final assistant message`,
    )
  }
  if (typeof message.content !== 'string' && blocks.some((block) => block.type === 'text' && block.text === '')) {
    throw badRequest('messages: text content blocks must be non-empty')
  }
}

const usedTools = (message: MessageParam | undefined) =>
  message?.role !== 'assistant'
    ? []
    : blocksOf(message.content).flatMap((block) => (block.type === 'tool_use' ? [block.id] : []))

const answeredTools = (message: MessageParam | undefined) =>
  message?.role !== 'user'
    ? []
    : blocksOf(message.content).flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []))

function refuseUnansweredTools(messages: MessageParam[], index: number): void {
  const answers = answeredTools(messages[index + 1])
  const open = usedTools(messages[index]).filter((id) => !answers.includes(id))
  if (open.length > 0 && index < messages.length - 1) {
    throw badRequest(
      `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
    )
  }
  const asked = usedTools(messages[index - 1])
  const stray = answeredTools(messages[index]).find((id) => !asked.includes(id))
  if (stray !== undefined) {
    throw badRequest(
      `messages.${index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
    )
  }
}
