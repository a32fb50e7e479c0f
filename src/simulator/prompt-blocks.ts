// A request as the prompt cache sees it: one list of blocks in the order tools → system → messages, each with its exact
// bytes and its tokens, some of them breakpoints. The same list is what count_tokens and usage add up.

import type { CacheControlEphemeral } from '@anthropic-ai/sdk/resources/messages'
import { badRequest } from './api-error.js'
import { mediaTokens } from './media.js'
import { blocksOf, type MessagesRequest } from './request.js'
import { BLOCK_OVERHEAD, tokensOf } from './tokens.js'

export type Ttl = '5m' | '1h'

export type PromptBlock = {
  /** Everything the model sees of the block; `cache_control` itself is no part of it. */
  bytes: string
  tokens: number
  breakpoint?: Ttl
}

const MAX_BREAKPOINTS = 4

type Marked = { type?: unknown; cache_control?: CacheControlEphemeral | null }

/** Throws the API's 400 for more than four breakpoints, or a 1 h breakpoint after a 5 min one. */
export function promptBlocks(request: MessagesRequest): PromptBlock[] {
  const blocks: PromptBlock[] = []
  const add = (prefix: string, block: Marked) => {
    const { cache_control: control, ...rest } = block
    // A plain text is compared as it is: writing 100 kB as JSON would be most of the work of a request.
    const text =
      rest.type === 'text' && Object.keys(rest).length === 2 && 'text' in rest ? String(rest.text) : undefined
    const bytes = text === undefined ? `${prefix}${JSON.stringify(rest)}` : `${prefix}text:${text}`
    const tokens = (mediaTokens(rest) ?? tokensOf(text ?? JSON.stringify(rest))) + BLOCK_OVERHEAD
    blocks.push(control ? { bytes, tokens, breakpoint: control.ttl ?? '5m' } : { bytes, tokens })
  }
  // A schema is put before the prompt, so that another one finds nothing of the old prompt in the cache.
  const format = request.output_config?.format
  if (format) add('format:', format as Marked)
  for (const tool of request.tools ?? []) add('tool:', tool)
  const system = typeof request.system === 'string' ? [{ type: 'text', text: request.system }] : request.system
  for (const block of system ?? []) add('system:', block)
  for (const message of request.messages) {
    for (const block of blocksOf(message.content)) add(`${message.role}:`, block as Marked)
  }
  const last = blocks.at(-1)
  if (request.cache_control && last) last.breakpoint ??= request.cache_control.ttl ?? '5m'
  refuseBreakpoints(blocks)
  return blocks
}

export function totalTokens(blocks: PromptBlock[]): number {
  return blocks.reduce((sum, block) => sum + block.tokens, 0)
}

function refuseBreakpoints(blocks: PromptBlock[]): void {
  const ttls = blocks.flatMap((block) => block.breakpoint ?? [])
  if (ttls.length > MAX_BREAKPOINTS) {
    throw badRequest(`A maximum of ${MAX_BREAKPOINTS} blocks with cache_control may be provided. Found ${ttls.length}.`)
  }
  if (ttls.lastIndexOf('1h') > ttls.indexOf('5m') && ttls.includes('5m')) {
    throw badRequest(
      "cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.",
    )
  }
}
