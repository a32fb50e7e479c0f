// A stored request plus its shared part becomes the API's parameters: breakpoints where they were planned, and without
// what the model would refuse. What is left out is named in the item's warnings, never dropped in silence.
import type Anthropic from '@anthropic-ai/sdk'
import { findModel, type Refusal } from '../../agents/models.js'

export type Block = { type: string; [field: string]: unknown }

/** One item's request as `prepare` stored it: model resolved, defaults applied. */
export type StoredCall = {
  id: string
  model: string
  maxTokens: number
  system?: Block[]
  messages: { role: string; content: string | Block[] }[]
  temperature?: number
  params?: Record<string, unknown>
  output?: Record<string, unknown>
  cacheSystem?: boolean
  cachePrompt?: boolean
}

export type BuiltRequest = { params: Anthropic.MessageCreateParamsNonStreaming; warnings: string[] }

export const CACHE = { type: 'ephemeral' } as const
/** The API takes at most this many breakpoints. */
export const MAX_BREAKPOINTS = 4

/** What several calls begin with, where it goes, and whether a breakpoint goes after it. */
export type SharedBlocks = { blocks: Block[]; cached: boolean; place?: 'message' }

export function buildRequest(call: StoredCall, shared?: SharedBlocks): BuiltRequest {
  const warnings: string[] = []
  // Copied as deep as the marks go: the stored request is shared by every attempt.
  const messages = call.messages.map((message) => ({ ...message, content: copyBlocks(message.content) }))
  const sharedBlocks = copyBlocks(shared?.blocks ?? [])
  const own = copyBlocks(call.system ?? [])
  markBreakpoints({ call, sharedBlocks, own, messages, cacheShared: shared?.cached ?? false, warnings })
  const inMessage = shared?.place === 'message'
  if (inMessage) putFirst(messages, sharedBlocks)
  const system = inMessage ? own : [...sharedBlocks, ...own]
  const params = {
    ...acceptable(call, warnings),
    model: call.model,
    max_tokens: call.maxTokens,
    messages,
    ...(system.length > 0 && { system }),
  }
  if (call.output) {
    const config = (params as { output_config?: object }).output_config
    Object.assign(params, { output_config: { ...config, format: { type: 'json_schema', schema: call.output } } })
  }
  return { params: params as unknown as Anthropic.MessageCreateParamsNonStreaming, warnings }
}

function copyBlocks<T extends string | Block[]>(content: T): T {
  return (typeof content === 'string' ? content : content.map((block) => ({ ...block }))) as T
}

/** Images and PDFs are no system text, and a document's words are no instructions. */
function putFirst(messages: StoredCall['messages'], blocks: Block[]): void {
  const first = messages[0]
  if (!first) return
  const own = typeof first.content === 'string' ? [{ type: 'text', text: first.content }] : first.content
  first.content = [...blocks, ...own]
}

type Marking = {
  call: StoredCall
  sharedBlocks: Block[]
  own: Block[]
  messages: StoredCall['messages']
  cacheShared: boolean
  warnings: string[]
}

/** Blocks the caller marked keep their mark; ours are added in order of worth up to the API's limit. */
function markBreakpoints({ call, sharedBlocks, own, messages, cacheShared, warnings }: Marking): void {
  const inMessages = messages.flatMap((message) => (Array.isArray(message.content) ? message.content : []))
  let used = [...sharedBlocks, ...own, ...inMessages].filter((block) => 'cache_control' in block).length
  const minimum = findModel(call.model)?.minCacheTokens ?? 0
  const mark = (block: Block | undefined, what: string, prefix: unknown[] = []) => {
    if (!block || 'cache_control' in block) return
    // Generously estimated: only what is surely too short loses its mark.
    if (prefix.length > 0 && JSON.stringify(prefix).length / 2 < minimum) {
      warnings.push(`${what} not cached: ${call.model} caches from ${minimum} tokens`)
      return
    }
    if (used >= MAX_BREAKPOINTS) {
      warnings.push(`${what} not cached: the request already has ${MAX_BREAKPOINTS} cache breakpoints`)
      return
    }
    block.cache_control = CACHE
    used++
  }
  if (cacheShared) mark(sharedBlocks.at(-1), 'shared system text')
  if (call.cacheSystem) mark(own.at(-1), 'system text', [...sharedBlocks, ...own])
  if (call.cachePrompt) mark(lastBlock(messages), 'prompt', [...sharedBlocks, ...own, ...messages])
}

/** The last message's last block; plain text becomes a block so that it can carry the mark. */
function lastBlock(messages: StoredCall['messages']): Block | undefined {
  const last = messages.at(-1)
  if (!last) return undefined
  if (typeof last.content === 'string') last.content = [{ type: 'text', text: last.content }]
  return last.content.at(-1)
}

/** The caller's further parameters without those this model answers with 400. */
export function acceptable(
  call: Pick<StoredCall, 'model' | 'temperature' | 'params'>,
  warnings: string[],
): Record<string, unknown> {
  const refused = (feature: Refusal) => findModel(call.model)?.refuses.includes(feature) ?? feature === 'sampling'
  const params: Record<string, unknown> = { ...call.params }
  if (call.temperature !== undefined) params.temperature = call.temperature
  const drop = (name: string, shown: unknown) => {
    delete params[name]
    warnings.push(`${name} ${JSON.stringify(shown)} left out: ${call.model} refuses it`)
  }
  for (const name of ['temperature', 'top_p', 'top_k']) {
    if (params[name] !== undefined && refused('sampling')) drop(name, params[name])
  }
  const thinking = params.thinking as { type?: string; budget_tokens?: number } | undefined
  if (thinking?.budget_tokens !== undefined && refused('thinking-budget')) drop('thinking', thinking)
  else if (thinking?.type === 'disabled' && refused('thinking-disabled')) drop('thinking', thinking)
  const choice = params.tool_choice as { type?: string } | undefined
  if ((choice?.type === 'any' || choice?.type === 'tool') && refused('forced-tool')) drop('tool_choice', choice)
  return params
}
