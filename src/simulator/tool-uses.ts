// What an agent did with its tools, in order, with what each said: how a simulated agent that remembers nothing finds out
// from the conversation alone how far it has come.
import type { MessageParam } from '@anthropic-ai/sdk/resources/messages'
import { type Reply, type ReplyBlock, reply, toolUseId } from './reply.js'
import { blocksOf, type MessagesRequest, textOfBlock, toolsOf } from './request.js'

export type Use = { name: string; input: Record<string, unknown>; result?: { text: string; isError: boolean } }

export function usesIn(messages: MessageParam[]): Use[] {
  const results = new Map<string, Use['result']>()
  const uses: (Use & { id: string })[] = []
  for (const block of messages.flatMap(({ content }) => blocksOf(content))) {
    if (block.type === 'tool_use')
      uses.push({ id: block.id, name: block.name, input: block.input as Record<string, unknown> })
    if (block.type === 'tool_result')
      results.set(block.tool_use_id, { text: textOfBlock(block), isError: block.is_error ?? false })
  }
  return uses.map(({ id, ...use }) => ({ ...use, ...(results.has(id) && { result: results.get(id) }) }))
}

/** The name under which a tool is offered, whatever server it is on. */
export function offeredTool(request: MessagesRequest, name: string): string | undefined {
  return toolsOf(request).find((one) => one.name === name || one.name.endsWith(`__${name}`))?.name
}

export function readOf(uses: Use[], read: string | undefined, file: string): Use | undefined {
  return uses.find(({ name, input }) => name === read && input.file_path === file)
}

/** Lines of a file that was read, each of which comes with its number and a tab before it. */
export function linesOf(use: Use | undefined): string[] {
  if (!use?.result || use.result.isError) return []
  return use.result.text.split('\n').flatMap((row) => /^\s*\d+[\t→](.*)$/.exec(row)?.[1] ?? [])
}

/** A step of these tools, all at once. */
export function using(calls: [name: string, input: Record<string, unknown>][]): Reply {
  const blocks = calls.map(([name, input]): ReplyBlock => {
    return { type: 'tool_use', id: toolUseId(), name, json: JSON.stringify(input) }
  })
  return reply(blocks, 'tool_use')
}

/** The end of a turn, in the form that was asked for: by a tool of that name, once, or as text. */
export function concluding(request: MessagesRequest, uses: Use[], answer: object): Reply {
  const structured = offeredTool(request, 'StructuredOutput')
  const said = uses.some(({ name }) => name === structured)
  if (structured !== undefined && !said) return using([[structured, answer as Record<string, unknown>]])
  return reply([{ type: 'text', text: JSON.stringify(answer) }])
}
