// Which model a name means. One that is not in our table may still exist: the API is asked before anything is planned.
import { APIError } from '@anthropic-ai/sdk'
import { findModel, MODELS } from '../../agents/models.js'
import type { Claude } from '../claude.js'
import { InputError } from '../input-error.js'
import type { Draft } from './draft.js'

/** Days before a model's end from which plans warn of it. */
const WARN_DAYS = 60

/** Replaces aliases in place, refuses what cannot work, and warns of models that end soon. */
export async function resolveModels(draft: Draft, claude: Claude, signal: AbortSignal): Promise<void> {
  const ids = new Map<string, string>()
  for (const { call } of draft.calls) {
    const id = ids.get(call.model) ?? (await resolveModel(call.model, claude, signal))
    ids.set(call.model, id)
    call.model = id
    checkMaxTokens(id, call.maxTokens, call.id)
    if (call.messages.at(-1)?.role === 'assistant' && findModel(id)?.refuses.includes('prefill'))
      throw new InputError(
        `${call.id}: messages end with an assistant turn, which ${id} refuses; wanted a user turn last`,
      )
  }
  for (const later of draft.later)
    later.model = ids.get(later.model) ?? (await resolveModel(later.model, claude, signal))
  for (const id of new Set(ids.values())) draft.warnings.push(...endOf(id))
}

/** @param where who asks for so many, as people know it. */
export function checkMaxTokens(model: string, maxTokens: number, where: string): void {
  const most = findModel(model)?.maxOutputTokens
  if (most !== undefined && maxTokens > most)
    throw new InputError(`${where}: maxTokens ${maxTokens}, wanted at most ${most} for ${model}`)
}

/** A warning where the model ends soon. */
export function endOf(model: string): string[] {
  const ends = findModel(model)?.retires
  return ends && Date.parse(ends) - Date.now() < WARN_DAYS * 86_400_000 ? [`${model} is retired on ${ends}`] : []
}

/** The id a name or alias stands for. Throws InputError for one the API does not know. */
export async function resolveModel(name: string, claude: Claude, signal: AbortSignal): Promise<string> {
  const known = findModel(name)
  if (known) return known.id
  try {
    return (await claude.models.retrieve(name, {}, { signal })).id
  } catch (error) {
    if (!(error instanceof APIError) || error.status !== 404) throw error
    const names = MODELS.map((model) => model.id).join(', ')
    throw new InputError(`model: the API knows no "${name}"; wanted one of ${names}, or sonnet, haiku, opus`)
  }
}

/** A prompt that cannot fit is refused before it is sent and paid for. */
export function checkContext(draft: Draft, counts: { items: number[]; shared: number[] }): void {
  draft.calls.forEach(({ call, shared }, index) => {
    const context = findModel(call.model)?.contextTokens
    const tokens = (counts.items[index] ?? 0) + (shared === undefined ? 0 : (counts.shared[shared] ?? 0))
    if (context !== undefined && tokens + call.maxTokens > context)
      throw new InputError(
        `${call.id}: about ${tokens} prompt tokens and maxTokens ${call.maxTokens}, wanted at most ${context} together for ${call.model}`,
      )
  })
}
