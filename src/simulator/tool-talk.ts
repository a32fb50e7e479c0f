// What an agent has asked its tools so far and what they said: read out of the messages of a request, as a model would.
import type { MessageParam, ToolResultBlockParam } from '@anthropic-ai/sdk/resources/messages'
import { type ReplyBlock, toolUseId } from './reply.js'
import { blocksOf, type MessagesRequest, toolsOf } from './request.js'

/** `tool`: its own name, without the server's prefix. */
export type Said = { tool: string; text: string; isError: boolean }

export function saidByTools({ messages }: MessagesRequest): Said[] {
  const names = new Map<string, string>()
  for (const message of messages)
    for (const block of blocksOf(message.content)) if (block.type === 'tool_use') names.set(block.id, block.name)
  return messages.flatMap((message) =>
    resultsIn(message).map((block) => ({
      tool: ownName(names.get(block.tool_use_id) ?? ''),
      text: textOf(block),
      isError: block.is_error === true,
    })),
  )
}

/** A call of the tool that is offered under this name, whatever server it is on; none where it is not offered. */
export function callOf(request: MessagesRequest, tool: string, input: object): ReplyBlock[] {
  const offered = toolsOf(request).find(({ name }) => ownName(name) === tool)
  return offered ? [{ type: 'tool_use', id: toolUseId(), name: offered.name, json: JSON.stringify(input) }] : []
}

/** The JSON a tool gave; undefined where it gave an error, something else, or was not asked. */
export function jsonOf(said: Said[], tool: string): unknown {
  const last = said.findLast((one) => one.tool === tool && !one.isError)
  return last && parsed(last.text)
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // a tool may say anything
  }
}

/** The first message of a conversation, as text: what it is about. */
export function taskOf({ messages }: MessagesRequest): string {
  const first = messages.find(({ role }) => role === 'user')
  const texts = first ? blocksOf(first.content).flatMap((block) => (block.type === 'text' ? [block.text] : [])) : []
  return texts.join('\n')
}

const ownName = (name: string) => name.replace(/^mcp__.+?__/, '')

function resultsIn({ role, content }: MessageParam): ToolResultBlockParam[] {
  if (role !== 'user') return []
  return blocksOf(content).flatMap((block) => (block.type === 'tool_result' ? [block] : []))
}

function textOf({ content }: ToolResultBlockParam): string {
  if (typeof content === 'string') return content
  return (content ?? []).map((block) => (block.type === 'text' ? block.text : '')).join('\n')
}
