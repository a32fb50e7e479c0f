// How large the prompts are. The API counts the shared parts once and a sample of the items; the rest follow by the
// sample's ratio, and the plan says so. Where nobody is asked anything first, no request is spent on items.
import type Anthropic from '@anthropic-ai/sdk'
import { buildRequest } from '../call/request.js'
import { estimateTokens } from '../call/usage.js'
import type { Claude } from '../claude.js'
import type { Draft, DraftCall, DraftShared } from './draft.js'

/** At most this many items, and shared parts, are counted by the API. */
const SAMPLE = 50
const AT_ONCE = 10

/** `sampled`: some of the sizes follow from others. */
export type Counts = { shared: number[]; items: number[]; basis: string; sampled?: boolean }

export async function countTokens(claude: Claude, draft: Draft, signal: AbortSignal): Promise<Counts> {
  const model = draft.calls[0]?.call.model ?? ''
  const count = async (params: Anthropic.MessageCountTokensParams) =>
    (await claude.messages.countTokens(params, { signal })).input_tokens
  const tiny = { model, messages: [{ role: 'user' as const, content: '.' }] }
  // Nobody reads the price first: what has an estimate is not sent just to be counted.
  const unread = draft.settings.confirm === 'never' && !draft.settings.dryRun && draft.settings.budgetUsd === undefined
  const counted = draft.shared.some(({ tokens }) => !unread || tokens === undefined)
  const frame = counted ? await count(tiny) : 0
  const shared = await sampled(draft.shared, sizeOfShared, async ({ blocks, place, tokens }) => {
    if (unread && tokens !== undefined) return tokens
    const parts = blocks as unknown as Anthropic.TextBlockParam[]
    const params =
      place === 'message'
        ? { ...tiny, messages: [{ ...tiny.messages[0]!, content: [...parts, { type: 'text' as const, text: '.' }] }] }
        : { ...tiny, system: parts }
    return (await count(params)) - frame
  })
  if (unread) {
    const items = draft.calls.map((entry) => estimateTokens(sizeOf(entry)))
    return { shared, items, basis: 'prompts estimated by length' }
  }
  const items = await sampled(draft.calls, sizeOf, ({ call }) => count(countParams(buildRequest(call).params)))
  const basis =
    draft.calls.length <= SAMPLE
      ? 'prompts counted'
      : `${SAMPLE} of ${draft.calls.length} prompts counted, the rest by their length`
  return { shared, items, basis, sampled: draft.calls.length > SAMPLE }
}

/** Counts a sample; the rest follow by their size, at the sample's tokens for it. */
async function sampled<T>(all: T[], size: (one: T) => number, count: (one: T) => Promise<number>): Promise<number[]> {
  const sample = spread(all, SAMPLE)
  const counted = new Map<T, number>()
  for (let at = 0; at < sample.length; at += AT_ONCE) {
    const some = sample.slice(at, at + AT_ONCE)
    const tokens = await Promise.all(some.map(count))
    some.forEach((one, index) => {
      counted.set(one, tokens[index] ?? 0)
    })
  }
  const ratio = sum([...counted.values()]) / Math.max(1, sum(sample.map(size)))
  return all.map((one) => counted.get(one) ?? Math.ceil(size(one) * ratio))
}

function countParams(params: Anthropic.MessageCreateParamsNonStreaming): Anthropic.MessageCountTokensParams {
  const { model, messages, system, tools } = params
  return {
    model,
    messages,
    ...(system && { system }),
    ...(tools && { tools: tools as Anthropic.MessageCountTokensTool[] }),
  }
}

/** In characters, four to a token. */
function sizeOf({ call, tokens }: DraftCall): number {
  return tokens === undefined ? JSON.stringify([call.system ?? '', call.messages]).length : 4 * tokens
}

function sizeOfShared({ blocks, tokens }: DraftShared): number {
  return tokens === undefined ? JSON.stringify(blocks).length : 4 * tokens
}

/** Evenly spread over the list, so that a sample sees its beginning and its end. */
function spread<T>(all: T[], most: number): T[] {
  if (all.length <= most) return all
  return Array.from({ length: most }, (_, index) => all[Math.floor((index * all.length) / most)] as T)
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
