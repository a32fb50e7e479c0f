// An answer before it goes over the wire: its blocks and why it stopped. Made from a rule, which is sent as written, or
// by the default responder, which keeps to `max_tokens` and stop sequences as a model would.

import { randomUUID } from 'node:crypto'
import type { RefusalStopDetails, StopReason } from '@anthropic-ai/sdk/resources/messages'
import { type MessagesRequest, promptOf } from './request.js'
import type { ReplyRule } from './rules.js'
import { BLOCK_OVERHEAD, headOfTokens, tokensOf } from './tokens.js'

export type ReplyBlock =
  | { type: 'text'; text: string }
  /** `tokens`: what the thinking cost, also where its text is not shown. */
  | { type: 'thinking'; thinking: string; signature: string; tokens: number }
  /** `json`: the input as it goes over the wire; may be cut. */
  | { type: 'tool_use'; id: string; name: string; json: string }

export type Reply = {
  blocks: ReplyBlock[]
  stopReason: StopReason
  stopSequence: string | null
  stopDetails: RefusalStopDetails | null
  /** Fields of usage a rule replaces. */
  usage: Record<string, number>
}

export const toolUseId = () => `toolu_sim${randomUUID().replaceAll('-', '').slice(0, 21)}`
const signatureOf = (thinking: string) => Buffer.from(`simulated signature of ${thinking}`).toString('base64')

export function thinkingBlock(thinking: string, shown = thinking): ReplyBlock {
  return { type: 'thinking', thinking: shown, signature: signatureOf(thinking), tokens: tokensOf(thinking) }
}

export function tokensOfBlock(block: ReplyBlock): number {
  if (block.type === 'thinking') return block.tokens
  if (block.type === 'text') return tokensOf(block.text)
  return tokensOf(block.json) + tokensOf(block.name) + BLOCK_OVERHEAD
}

/** A complete answer of these blocks. */
export function reply(blocks: ReplyBlock[], stopReason: StopReason = 'end_turn'): Reply {
  return { blocks, stopReason, stopSequence: null, stopDetails: null, usage: {} }
}

/** What a rule says, filled up by the default answer where the rule says nothing of content. */
export function scriptedReply(rule: ReplyRule, request: MessagesRequest, byDefault: () => Reply): Reply {
  const body = scriptedBlocks(rule, request) ?? byDefault().blocks
  const blocks = rule.thinking === undefined ? body : [thinkingBlock(rule.thinking), ...body]
  const calls = blocks.some((block) => block.type === 'tool_use')
  const stopReason = rule.stopReason ?? (calls ? 'tool_use' : 'end_turn')
  const stopDetails: RefusalStopDetails | null =
    stopReason === 'refusal' ? { type: 'refusal', category: rule.category ?? null, explanation: null } : null
  return { ...reply(blocks, stopReason), stopDetails, usage: rule.usage ?? {} }
}

/** "{prompt}" in a scripted text stands for the prompt, so that one rule can tell many answers apart. */
function scriptedBlocks(rule: ReplyRule, request: MessagesRequest): ReplyBlock[] | undefined {
  if (rule.blocks) {
    return rule.blocks.map((block) => {
      if (block.type === 'text') return block
      if (block.type === 'thinking') {
        const { signature, ...thought } = thinkingBlock(block.thinking) as Extract<ReplyBlock, { type: 'thinking' }>
        return { ...thought, signature: block.signature ?? signature }
      }
      const json = block.json ?? JSON.stringify(block.input ?? {})
      return { type: 'tool_use', id: block.id ?? toolUseId(), name: block.name, json }
    })
  }
  const given = rule.text ?? (rule.json === undefined ? undefined : JSON.stringify(rule.json))
  if (given === undefined && rule.bytes === undefined) return undefined
  const text = (given ?? 'SIMULATED text, repeated. ').replaceAll('{prompt}', () => promptOf(request))
  return [{ type: 'text', text: rule.bytes === undefined ? text : repeated(text, rule.bytes) }]
}

function repeated(text: string, bytes: number): string {
  const unit = Buffer.from(text)
  // A character that no longer fits whole is left out.
  return unit.length === 0
    ? ''
    : Buffer.alloc(bytes, unit)
        .toString('utf8')
        .replace(/\ufffd+$/, '')
}

/** The answer as a model would leave it: ended by a stop sequence, or at the last token it may write. */
export function withinLimits(whole: Reply, request: MessagesRequest, roomTokens: number): Reply {
  const stopped = atStopSequence(whole, request.stop_sequences ?? [])
  const limit = Math.min(request.max_tokens, roomTokens)
  const blocks: ReplyBlock[] = []
  let left = limit
  for (const block of stopped.blocks) {
    const tokens = tokensOfBlock(block)
    if (tokens <= left) {
      blocks.push(block)
      left -= tokens
      continue
    }
    if (left > 0) blocks.push(cutBlock(block, left))
    const stopReason = limit < request.max_tokens ? 'model_context_window_exceeded' : 'max_tokens'
    return { ...stopped, blocks, stopReason, stopSequence: null }
  }
  return { ...stopped, blocks }
}

function cutBlock(block: ReplyBlock, tokens: number): ReplyBlock {
  if (block.type === 'text') return { ...block, text: headOfTokens(block.text, tokens) }
  if (block.type === 'tool_use') return { ...block, json: headOfTokens(block.json, tokens) }
  return { ...block, thinking: headOfTokens(block.thinking, tokens), tokens }
}

function atStopSequence(whole: Reply, sequences: string[]): Reply {
  for (const [index, block] of whole.blocks.entries()) {
    if (block.type !== 'text') continue
    const found = sequences
      .map((sequence) => ({ sequence, at: block.text.indexOf(sequence) }))
      .filter(({ at }) => at >= 0)
      .sort((a, b) => a.at - b.at)[0]
    if (!found) continue
    const blocks = [...whole.blocks.slice(0, index), { ...block, text: block.text.slice(0, found.at) }]
    return { ...whole, blocks, stopReason: 'stop_sequence', stopSequence: found.sequence }
  }
  return whole
}
