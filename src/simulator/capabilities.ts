// What the API refuses with 400 or 404 for a model, from the same table the activities price and filter with. Wording
// follows the API's own where it is known, so that a client's message tests mean something.

import { findModel, type Model, type Refusal } from '../agents/models.js'
import { ApiError, badRequest } from './api-error.js'
import type { MessagesRequest } from './request.js'

/** The model of a request. Short names such as "sonnet" are ours, not the API's: 404, as for a retired model. */
export function servedModel(name: string, now: number): Model {
  const model = name.startsWith('claude-') ? findModel(name) : undefined
  if (model === undefined || isRetired(model, now)) throw new ApiError(404, 'not_found_error', `model: ${name}`)
  return model
}

/** Served to the end of its last day (UTC). */
export function isRetired(model: Model, now: number): boolean {
  return model.retires !== undefined && now >= Date.parse(`${model.retires}T00:00:00Z`) + 86_400_000
}

/** Thinking is on without being asked for from generation 5 on. */
export function thinksByDefault(model: Model): boolean {
  return /^claude-[a-z]+-[5-9]/.test(model.id)
}

const thinkingAdvice = 'Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'

/** Throws the API's 400 for anything this model does not accept. */
export function refuseUnsupported(request: MessagesRequest, model: Model): void {
  const refuses = (refusal: Refusal) => model.refuses.includes(refusal)
  const sampled = ['temperature', 'top_p', 'top_k'].find((key) => key in request)
  if (sampled !== undefined && refuses('sampling')) {
    throw badRequest(`\`${sampled}\` is not supported for this model.`)
  }
  if (request.messages.at(-1)?.role === 'assistant' && refuses('prefill')) {
    throw badRequest(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    )
  }
  const thinking = request.thinking?.type
  if (thinking === 'enabled' && refuses('thinking-budget')) {
    throw badRequest(`"thinking.type.enabled" is not supported for this model. ${thinkingAdvice}`)
  }
  if (thinking === 'disabled' && refuses('thinking-disabled')) {
    throw badRequest(`"thinking.type.disabled" is not supported for this model. ${thinkingAdvice}`)
  }
  const choice = request.tool_choice?.type
  if ((choice === 'any' || choice === 'tool') && refuses('forced-tool')) {
    throw badRequest(`tool_choice.type: "${choice}" is not supported for this model. Use "auto" or "none".`)
  }
  if ((request.max_tokens ?? 0) > model.maxOutputTokens) {
    throw badRequest(
      `max_tokens: ${request.max_tokens} > ${model.maxOutputTokens}, which is the maximum allowed number of output tokens for ${model.id}`,
    )
  }
  refuseBudget(request)
}

function refuseBudget(request: MessagesRequest): void {
  if (request.thinking?.type !== 'enabled') return
  const budget = request.thinking.budget_tokens
  if (!(budget >= 1024))
    throw badRequest('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024')
  if (request.max_tokens !== undefined && request.max_tokens <= budget) {
    throw badRequest('`max_tokens` must be greater than `thinking.budget_tokens`.')
  }
}
