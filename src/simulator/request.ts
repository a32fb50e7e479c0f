// What arrives at /v1/messages: its shape checked, its text made easy to find. The body is validated but used as it
// came, because the prompt cache compares bytes and a rebuilt object could order its keys differently.

import type { ContentBlockParam, MessageCreateParamsBase, MessageParam } from '@anthropic-ai/sdk/resources/messages'
import { z } from 'zod'
import { badRequest } from './api-error.js'

export type MessagesRequest = MessageCreateParamsBase

const required = (issue: { input?: unknown; code?: string }) =>
  issue.input === undefined ? 'Field required' : undefined
const content = z.union([z.string(), z.array(z.looseObject({ type: z.string() }))], { error: required })
const textBlocks = z.array(z.looseObject({ type: z.literal('text'), text: z.string() }))
const shape = z.looseObject({
  model: z.string({ error: required }).min(1),
  messages: z
    .array(z.looseObject({ role: z.enum(['user', 'assistant', 'system']), content }), { error: required })
    .min(1, 'at least one message is required'),
  max_tokens: z.int({ error: required }).min(0).optional(),
  system: z.union([z.string(), textBlocks]).optional(),
  tools: z.array(z.looseObject({ name: z.string().min(1).optional() })).optional(),
  stream: z.boolean().optional(),
  stop_sequences: z.array(z.string()).nullish(),
  thinking: z.looseObject({ type: z.enum(['enabled', 'disabled', 'adaptive', 'between_tools']) }).nullish(),
  tool_choice: z.looseObject({ type: z.enum(['auto', 'any', 'tool', 'none']) }).nullish(),
  output_config: z
    .looseObject({
      format: z.looseObject({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()) }).nullish(),
    })
    .nullish(),
})

const known = new Set([
  ...Object.keys(shape.shape),
  ...['cache_control', 'container', 'diagnostics', 'inference_geo', 'metadata', 'service_tier', 'speed'],
  ...['temperature', 'top_p', 'top_k'], // gone from the types; refused with a message of their own
])

/** The request, when its shape is right; throws the API's 400 otherwise. Beta requests may carry unknown fields. */
export function parseRequest(body: unknown, options: { counting: boolean; beta: boolean }): MessagesRequest {
  const parsed = shape.safeParse(body)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw badRequest(`${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'invalid'}`)
  }
  const stranger = options.beta ? undefined : Object.keys(parsed.data).find((key) => !known.has(key))
  if (stranger !== undefined) throw badRequest(`${stranger}: Extra inputs are not permitted`)
  if (!options.counting && parsed.data.max_tokens === undefined) throw badRequest('max_tokens: Field required')
  return body as MessagesRequest
}

/** Content blocks of a message; a plain string is shorthand for one text block. */
export function blocksOf(content: MessageParam['content']): ContentBlockParam[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content
}

export function textOfBlock(block: ContentBlockParam): string {
  if (block.type === 'text') return block.text
  if (block.type !== 'tool_result' || block.content === undefined) return ''
  if (typeof block.content === 'string') return block.content
  return block.content.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
}

/** The text of the last user message, tool results included: what rules match and the journal groups by. */
export function promptOf(request: MessagesRequest): string {
  const last = request.messages.findLast((message) => message.role === 'user')
  return last === undefined ? '' : blocksOf(last.content).map(textOfBlock).join('\n')
}

export function systemTexts(request: MessagesRequest): string[] {
  if (request.system === undefined) return []
  return typeof request.system === 'string' ? [request.system] : request.system.map((block) => block.text)
}

export type Tool = { name: string; input_schema?: Record<string, unknown> }

/** Tools a client runs itself; server tools have no schema of their own. */
export function toolsOf(request: MessagesRequest): Tool[] {
  return (request.tools ?? []).flatMap((tool) =>
    'input_schema' in tool ? [{ name: tool.name, input_schema: tool.input_schema }] : [],
  )
}
