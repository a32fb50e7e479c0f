// GET /v1/models and /v1/models/{id}: the table of models in the API's words.

import type { ModelInfo } from '@anthropic-ai/sdk/resources/models'
import { MODELS, type Model } from '../agents/models.js'
import { badRequest } from './api-error.js'
import { isRetired, servedModel, thinksByDefault } from './capabilities.js'

const PAGE = 20

export function listModels(query: URLSearchParams, now: number) {
  const limit = Number(query.get('limit') ?? PAGE)
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
    throw badRequest('limit: Input should be between 1 and 1000')
  const all = MODELS.filter((model) => !isRetired(model, now)).map(infoOf)
  const place = (id: string | null) => all.findIndex((info) => info.id === id)
  const after = query.get('after_id')
  const before = query.get('before_id')
  const from = after === null ? 0 : place(after) + 1
  const to = before === null ? all.length : Math.max(0, place(before))
  const candidates = all.slice(from, to)
  const data = before === null ? candidates.slice(0, limit) : candidates.slice(-limit)
  return {
    data,
    has_more: data.length < candidates.length,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  }
}

export function oneModel(id: string, now: number): ModelInfo {
  return infoOf(servedModel(id, now))
}

const yes = { supported: true }
const no = { supported: false }

function infoOf(model: Model): ModelInfo {
  const accepts = (refusal: Model['refuses'][number]) => ({ supported: !model.refuses.includes(refusal) })
  const family = model.id.split('-')[1]
  return {
    type: 'model',
    id: model.id,
    display_name: displayName(model.id),
    created_at: '2026-01-01T00:00:00Z',
    deprecated_at: null,
    retires_at: model.retires ? `${model.retires}T00:00:00Z` : null,
    lifecycle: model.retires ? 'deprecated' : 'active',
    line: family === 'haiku' || family === 'sonnet' || family === 'opus' || family === 'fable' ? family : null,
    max_input_tokens: model.contextTokens,
    max_tokens: model.maxOutputTokens,
    capabilities: {
      batch: no,
      citations: no,
      code_execution: no,
      context_management: {
        supported: false,
        clear_thinking_20251015: no,
        clear_tool_uses_20250919: no,
        compact_20260112: no,
      },
      effort: { supported: true, low: yes, medium: yes, high: yes, max: yes, xhigh: yes },
      image_input: no,
      pdf_input: no,
      server_tools: { supported: false, code_execution: no, web_search: no },
      structured_outputs: yes,
      thinking: {
        supported: true,
        types: {
          adaptive: { supported: thinksByDefault(model) },
          between_tools: { supported: model.refuses.includes('thinking-disabled') },
          disabled: accepts('thinking-disabled'),
          enabled: accepts('thinking-budget'),
        },
      },
    },
  }
}

/** claude-haiku-5-5 → Claude Haiku 5.5 */
function displayName(id: string): string {
  const [, family = '', ...version] = id.split('-')
  return `Claude ${family.charAt(0).toUpperCase()}${family.slice(1)} ${version.join('.')}`
}
