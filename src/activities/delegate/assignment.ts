// All that is known of a task that was handed out: what its agent is told, what must not be handed out again below it,
// and how its calls are made. Stored, so that a child is given a ref and nothing of its siblings.
import { z } from 'zod'
import {
  againPrompt,
  INTEGRATOR,
  integrationPrompt,
  type PartAnswer,
  PLANNER,
  type Told,
  taskPrompt,
  WORKER,
} from '../../agents/delegation.js'
import type { Ref } from '../../contracts/refs.js'
import { DelegationAnswer } from '../../contracts/schemas/index.js'
import type { Store } from '../../storage/store.js'
import type { StoredCall } from '../call/request.js'
import type { Sizes } from './price.js'

export type Assignment = {
  told: Told
  /** Fingerprints of this task and of those above it. */
  ancestors: string[]
  sizes: Sizes
  timeoutSeconds?: number
}

export async function readAssignment(store: Store, ref: Ref): Promise<Assignment> {
  return JSON.parse(await store.text(ref)) as Assignment
}

export function plannerCall(id: string, { told, sizes }: Pick<Assignment, 'told' | 'sizes'>): StoredCall {
  return planning(id, sizes, taskPrompt(told))
}

/** `last`: the plan that is not used. `reasons`: why, for the planner. */
export function againCall(
  id: string,
  { told, sizes }: Assignment,
  again: { last: string; reasons: string[]; number: number },
): StoredCall {
  return planning(id, sizes, againPrompt(told, again.last, again.reasons, again.number))
}

export function workerCall(id: string, { told, sizes }: Assignment): StoredCall {
  return call(id, sizes.workerModel, sizes.maxTokens, WORKER, taskPrompt(told))
}

export function integratorCall(id: string, { told, sizes }: Assignment, parts: PartAnswer[]): StoredCall {
  return call(id, sizes.model, sizes.maxTokens, INTEGRATOR, integrationPrompt(told, parts))
}

function planning(id: string, { model, planTokens }: Sizes, prompt: string): StoredCall {
  return { ...call(id, model, planTokens, PLANNER, prompt), output: z.toJSONSchema(DelegationAnswer) }
}

function call(id: string, model: string, maxTokens: number, system: string, prompt: string): StoredCall {
  return {
    id,
    model,
    maxTokens,
    system: [{ type: 'text', text: system }],
    messages: [{ role: 'user', content: prompt }],
  }
}
