// POST /v1/messages, step by step: is it a request the API would take, does a rule want something, is there room in the
// limits, what does the cache know; then the answer, at its pace, with or without a fault. And count_tokens, which must
// agree with it.

import type { ServerResponse } from 'node:http'
import type { Model } from '../agents/models.js'
import { ApiError, badRequest } from './api-error.js'
import { refuseUnsupported, servedModel } from './capabilities.js'
import { type Brought, defaultReply } from './default-responder.js'
import { errorOfFault, type Plan, withFault } from './faults.js'
import { type Frame, jsonFrames, streamFrames } from './frames.js'
import type { JournalEntry, JournalUsage } from './journal.js'
import { paceOf } from './latency.js'
import { pdfPages } from './media.js'
import { usageOf } from './message.js'
import { play } from './play.js'
import { type PromptBlock, promptBlocks, totalTokens } from './prompt-blocks.js'
import { type Reply, scriptedReply, withinLimits } from './reply.js'
import { type MessagesRequest, parseRequest, promptOf, systemTexts } from './request.js'
import type { Fault, ReplyRule } from './rules.js'
import type { State } from './state.js'
import { refuseBrokenTurns } from './turns.js'

export type Arrived = { body: unknown; beta: boolean; requestId: string; response: ServerResponse }

/** The number count_tokens answers: the sum of the input fields of usage for the same request. */
export function countTokens(state: State, { body, beta }: Arrived): number {
  state.journal.counted()
  const { blocks } = accept(state, parseRequest(body, { counting: true, beta }))
  return totalTokens(blocks)
}

function accept(state: State, request: MessagesRequest): { model: Model; blocks: PromptBlock[] } {
  const model = servedModel(request.model, state.now())
  refuseUnsupported(request, model)
  refuseBrokenTurns(request)
  const blocks = promptBlocks(request)
  const total = totalTokens(blocks)
  if (total > model.contextTokens) {
    throw badRequest(`prompt is too long: ${total} tokens > ${model.contextTokens} maximum`)
  }
  return { model, blocks }
}

/** Answers a request, or throws the ApiError it deserves; the journal entry tells which. */
export async function answerMessages(state: State, arrived: Arrived, entry: JournalEntry): Promise<void> {
  const request = parseRequest(arrived.body, { counting: false, beta: arrived.beta })
  const about = { model: request.model, prompt: promptOf(request), system: systemTexts(request).join('\n') }
  state.journal.describe(entry, about)
  const { model, blocks } = accept(state, request)
  const script = state.rules.take(about)
  breakBeforehand(script?.fault, request, arrived, entry)
  const found = state.cache.lookup(model, blocks)
  state.limits.admit(model, found.usage.input_tokens + found.usage.cache_creation_input_tokens)

  const pdfs = await pdfPages(request)
  const { programs } = state
  const reply = replyTo(request, model, script?.reply, { inputTokens: totalTokens(blocks), pdfs, programs })
  entry.usage = usageOf(found.usage, reply)
  const head = { id: arrived.requestId.replace(/^req_/, 'msg_'), model: model.id, input: found.usage }
  const pace = paceOf(model, state.latency, script?.reply)
  const frames = request.stream ? streamFrames(head, reply, pace) : jsonFrames(head, reply, pace)
  const plan = planOf(frames, script?.fault, { stream: request.stream === true, requestId: arrived.requestId })
  entry.status = 200
  arrived.response.writeHead(200, {
    'content-type': request.stream ? 'text/event-stream; charset=utf-8' : 'application/json',
    ...(request.stream && { 'cache-control': 'no-cache' }),
    ...state.limits.headers(model),
  })
  const played = await play(arrived.response, plan, (bytes) => {
    if (entry.bytes === 0) found.begin()
    state.journal.wrote(entry, bytes, Date.now())
  })
  if (script?.fault || played === 'gone') entry.usage = sentUsage(entry.usage, entry.bytes, frames)
  state.limits.settle(model, entry.usage.output_tokens)
  const outcome = script?.fault ? entry.outcome : played === 'gone' ? 'aborted' : 'answered'
  state.journal.end(entry, { outcome, ...(played === 'gone' && { aborted: true }) }, Date.now())
}

/** Of an answer that broke off, the output that was written by then: its share of the bytes. */
function sentUsage(usage: JournalUsage, bytes: number, frames: Frame[]): JournalUsage {
  const share = Math.min(1, bytes / frames.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0) || 0)
  const { thinking_tokens } = usage.output_tokens_details
  return {
    ...usage,
    output_tokens: Math.round(usage.output_tokens * share),
    output_tokens_details: { thinking_tokens: Math.round(thinking_tokens * share) },
  }
}

/** Faults that leave no answer at all; without a stream an overload can only be one of these. */
function breakBeforehand(
  fault: Fault | undefined,
  request: MessagesRequest,
  { response }: Arrived,
  entry: JournalEntry,
) {
  if (!fault) return
  entry.outcome = `fault:${fault.kind}`
  if (fault.kind === 'reset') {
    response.destroy()
    throw new ApiError(0, 'api_error', 'connection reset by a fault')
  }
  const kind = fault.kind === 'overloaded-mid-stream' && !request.stream ? '529' : fault.kind
  const error = errorOfFault({ ...fault, kind }, entry.model)
  if (error) throw error
}

function replyTo(
  request: MessagesRequest,
  model: Model,
  rule: ReplyRule | undefined,
  { inputTokens, ...brought }: Brought & { inputTokens: number },
): Reply {
  const byDefault = () =>
    withinLimits(defaultReply(request, model, brought), request, model.contextTokens - inputTokens)
  return rule ? scriptedReply(rule, request, byDefault) : byDefault()
}

function planOf(frames: Frame[], fault: Fault | undefined, context: { stream: boolean; requestId: string }): Plan {
  return fault ? withFault(frames, fault, context) : { frames, ending: { kind: 'end' } }
}
