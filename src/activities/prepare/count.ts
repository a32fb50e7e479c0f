// How large the prompts are. The API counts the shared parts once and a sample of the items; the rest follow by the
// sample's ratio, and the plan says so. Where nobody is asked anything first, no request is spent on items.
import type Anthropic from '@anthropic-ai/sdk'
import { buildRequest } from '../call/request.js'
import { estimateTokens } from '../call/usage.js'
import type { Claude } from '../claude.js'
import type { Draft, DraftCall } from './draft.js'

/** At most this many items are counted by the API. */
const SAMPLE = 50
const AT_ONCE = 10

export type Counts = { shared: number[]; items: number[]; basis: string }

export async function countTokens(claude: Claude, draft: Draft, signal: AbortSignal): Promise<Counts> {
  const model = draft.calls[0]?.call.model ?? ''
  const count = async (params: Anthropic.MessageCountTokensParams) =>
    (await claude.messages.countTokens(params, { signal })).input_tokens
  const tiny = { model, messages: [{ role: 'user' as const, content: '.' }] }
  const frame = draft.shared.length > 0 ? await count(tiny) : 0
  const shared: number[] = []
  for (const part of draft.shared) {
    shared.push((await count({ ...tiny, system: part.blocks as unknown as Anthropic.TextBlockParam[] })) - frame)
  }
  if (draft.settings.confirm === 'never' && !draft.settings.dryRun) {
    return {
      shared,
      items: draft.calls.map(({ call }) => estimateTokens(sizeOf(call))),
      basis: 'prompts estimated by length',
    }
  }
  const sample = spread(draft.calls, SAMPLE)
  const counted = new Map<DraftCall, number>()
  for (let at = 0; at < sample.length; at += AT_ONCE) {
    const some = sample.slice(at, at + AT_ONCE)
    const tokens = await Promise.all(some.map(({ call }) => count(countParams(buildRequest(call).params))))
    some.forEach((entry, index) => {
      counted.set(entry, tokens[index] ?? 0)
    })
  }
  const ratio = sum([...counted.values()]) / Math.max(1, sum(sample.map(({ call }) => sizeOf(call))))
  const items = draft.calls.map((entry) => counted.get(entry) ?? Math.ceil(sizeOf(entry.call) * ratio))
  const basis =
    sample.length === draft.calls.length
      ? 'prompts counted'
      : `${sample.length} of ${draft.calls.length} prompts counted, the rest by their length`
  return { shared, items, basis }
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

function sizeOf(call: DraftCall['call']): number {
  return JSON.stringify([call.system ?? '', call.messages]).length
}

/** Evenly spread over the list, so that a sample sees its beginning and its end. */
function spread<T>(all: T[], most: number): T[] {
  if (all.length <= most) return all
  return Array.from({ length: most }, (_, index) => all[Math.floor((index * all.length) / most)] as T)
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
