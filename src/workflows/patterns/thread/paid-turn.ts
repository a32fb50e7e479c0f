// A model call of a thread with a budget. What it may cost at worst follows from how long the conversation is, what is new
// to it, and how long an answer may be.
import type { ToolResult } from '../../../contracts/agent.js'
import type { CallBudget } from '../../../contracts/call.js'
import type { Content, ContentBlock } from '../../../contracts/conversation.js'
import { FAILURE } from '../../../contracts/failures.js'
import type { ItemResult } from '../../../contracts/outcome.js'
import type { ThreadPlan } from '../../../contracts/thread.js'
import { roundUsd, type Usd } from '../../../contracts/usage.js'
import { type Budget, reserve } from '../budget/ledger.js'
import { type Priced, spending } from '../budget/spending.js'
import { dollars } from '../page/dollars.js'

/** No text has more than a token for so many of its bytes. */
const BYTES_A_TOKEN = 2
/** An image costs by its size in pixels, not by its bytes. */
const IMAGE_BYTES = 10_000
/** What a tool's text is cut at. */
const RESULT_BYTES = 256 * 1024

/** @param tokens of the conversation as it is; 0: it has none, or they are not known. `bytes`: what is new to it. */
export function worstOfCall(
  { rates, fixedBytes = 0, shown }: Pick<ThreadPlan, 'rates' | 'fixedBytes' | 'shown'>,
  { tokens, bytes, maxTokens = shown.maxTokens }: { tokens: number; bytes: number; maxTokens?: number },
): Usd {
  const prompt = (tokens || fixedBytes / BYTES_A_TOKEN) + Math.ceil(bytes / BYTES_A_TOKEN)
  const rate = rates?.find(({ upTo }) => upTo === undefined || prompt <= upTo)
  return rate ? roundUsd(prompt * rate.input + maxTokens * rate.output) : null
}

/** Of a message, and of what tools gave back. */
export function bytesOfNew(content: Content, results: ToolResult[] = []): number {
  const blocks: (string | ContentBlock)[] = typeof content === 'string' ? [content] : content
  return [...blocks.map(bytesOfBlock), ...results.map(bytesOfResult)].reduce((sum, bytes) => sum + bytes, 0)
}

function bytesOfBlock(block: string | ContentBlock): number {
  if (typeof block === 'string') return bytesOf(block)
  return block.type === 'image' ? IMAGE_BYTES : bytesOf(JSON.stringify(block))
}

function bytesOfResult({ content, bytes }: ToolResult): number {
  if (bytes !== undefined) return Math.min(RESULT_BYTES, bytes)
  if ('ref' in content) return RESULT_BYTES
  return typeof content.text === 'string' ? bytesOf(content.text) : content.text.bytes
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).byteLength
}

export type NotPaid = { status: 'error' | 'interrupted'; error?: ItemResult['error'] }

/** @returns why it was not asked, or not again, where nobody allowed the money. Without a budget it is just asked. */
export async function paidTurn<T extends Priced>(
  budget: Budget | undefined,
  wanted: { worstUsd: Usd; label: string; dropped: () => boolean },
  dispatch: (money?: CallBudget) => Promise<T>,
): Promise<T | NotPaid> {
  if (!budget) return dispatch()
  const first = await reserve(budget, wanted)
  if (typeof first === 'string') return notPaid(budget, first, wanted.label)
  const { last, stopped } = await spending({ budget, wanted, first }, dispatch)
  return stopped ? notPaid(budget, stopped, wanted.label) : last
}

function notPaid({ capUsd, spentUsd }: Budget, why: 'rejected' | 'interrupted', label: string): NotPaid {
  if (why === 'interrupted') return { status: 'interrupted' }
  const message = `${label}: the budget of ${dollars(capUsd)} does not suffice, ${dollars(spentUsd)} are spent, and a person allowed no more`
  return { status: 'error', error: { type: FAILURE.budgetNeeded, message } }
}
