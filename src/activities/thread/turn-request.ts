// A turn as the API takes it. The cache grows with the conversation: a breakpoint after the new message writes what the
// next turn reads, one after the message before it reads what the last turn wrote, one after the system text serves
// other threads. The caller's own marks come first, up to the four the API allows.
import type Anthropic from '@anthropic-ai/sdk'
import type { ContentBlock } from '../../contracts/conversation.js'
import { acceptable, type BuiltRequest, CACHE, MAX_BREAKPOINTS } from '../call/request.js'
import type { SentMessage } from './messages.js'
import type { StoredSettings } from './settings.js'

/** `read`: what earlier turns wrote is used, nothing is written. */
type CacheHistory = boolean | 'read'

export type TurnParts = {
  settings: StoredSettings
  /** The new message is the last. */
  messages: SentMessage[]
  cacheHistory: CacheHistory
  /** Instead of the thread's own. */
  maxTokens?: number
  /** Of an agent, as the API takes them: first of what is cached, so always in the same order. */
  tools?: object[]
  /** They are named, because the conversation has uses of them, but none may be used. */
  noTools?: boolean
  /** JSON Schema of the answer. */
  output?: object
}

export function buildTurn(parts: TurnParts): BuiltRequest {
  const { settings, messages, cacheHistory, maxTokens, tools = [], noTools, output } = parts
  const warnings: string[] = []
  const { model } = settings
  const conversation = messages.map((message) => ({ ...message, content: message.content.slice() }))
  const system = settings.system?.slice() ?? []
  markBreakpoints({ system, conversation, cacheSystem: settings.cacheSystem, cacheHistory })
  const params = {
    ...acceptable(settings, warnings),
    model,
    max_tokens: maxTokens ?? settings.maxTokens,
    messages: conversation,
    ...(system.length > 0 && { system }),
    ...(tools.length > 0 && { tools, ...(noTools && { tool_choice: { type: 'none' } }) }),
  }
  if (output) {
    const { output_config: config } = params as { output_config?: object }
    Object.assign(params, { output_config: { ...config, format: { type: 'json_schema', schema: output } } })
  }
  return { params: params as unknown as Anthropic.MessageCreateParamsNonStreaming, warnings }
}

type Marking = { system: ContentBlock[]; conversation: SentMessage[]; cacheSystem: boolean; cacheHistory: CacheHistory }
/** Blocks are shared by every turn: a mark is put on a copy, in its place. */
type Place = { blocks: ContentBlock[]; index: number }

function markBreakpoints({ system, conversation, cacheSystem, cacheHistory }: Marking): void {
  const own = markedIn([system])
  const theirs = markedIn(conversation.map((message) => message.content))
  // Marks of earlier messages would add up until the API refuses the thread: the newest count.
  const kept = Math.max(0, MAX_BREAKPOINTS - own.length)
  for (const place of theirs.slice(0, Math.max(0, theirs.length - kept))) unmark(place)
  let used = own.length + Math.min(theirs.length, kept)
  // An hour's mark may not follow one of five minutes, and ours are such.
  const lasting = [...own, ...theirs].findLast(({ blocks, index }) => isLasting(blocks[index]))
  const mark = (blocks: ContentBlock[] | undefined) => {
    const last = blocks?.at(-1)
    if (!blocks || !last || 'cache_control' in last || used >= MAX_BREAKPOINTS) return
    if (lasting && comesBefore({ blocks, index: blocks.length - 1 }, lasting, system, conversation)) return
    blocks[blocks.length - 1] = { ...last, cache_control: CACHE }
    used++
  }
  const users = conversation.filter((message) => message.role === 'user')
  if (cacheHistory === true) mark(users.at(-1)?.content)
  if (cacheSystem) mark(system)
  if (cacheHistory) mark(users.at(-2)?.content)
}

function markedIn(lists: ContentBlock[][]): Place[] {
  return lists.flatMap((blocks) =>
    blocks.flatMap((block, index) => ('cache_control' in block ? [{ blocks, index }] : [])),
  )
}

function unmark({ blocks, index }: Place): void {
  const { cache_control: _, ...block } = blocks[index] as ContentBlock
  blocks[index] = block
}

function isLasting(block: ContentBlock | undefined): boolean {
  return (block?.cache_control as { ttl?: unknown } | null | undefined)?.ttl === '1h'
}

function comesBefore(a: Place, b: Place, system: ContentBlock[], conversation: SentMessage[]): boolean {
  const order = [system, ...conversation.map((message) => message.content)]
  const [first, second] = [order.indexOf(a.blocks), order.indexOf(b.blocks)]
  return first < second || (first === second && a.index < b.index)
}
