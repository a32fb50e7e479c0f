// Near the model's limit the oldest turns become a summary before the next call. Where that fails the call is made all the
// same: whether it fits is the model's to say.
import { TemporalFailure } from '@temporalio/workflow'
import type { Spent } from '../../../contracts/call.js'
import { noUsage } from '../../../contracts/usage.js'
import type { Priced } from '../budget/spending.js'
import { asking, readFailure } from '../calls/call.js'
import type { Conversation } from './conversation.js'
import { paidTurn, worstOfCall } from './paid-turn.js'
import { type At, commonOf } from './turn-place.js'

const NOTHING: Spent = { usage: noUsage(), usd: 0, savedUsd: 0, attempts: 0 }
/** As long as a summary may be. */
const SUMMARY_TOKENS = 4096

/** `done`: less of it is sent from now on. */
export type Condensing = { done: boolean; spent: Spent; warnings: string[] }

export async function condense(conversation: Conversation, at: At): Promise<Condensing> {
  const { stopping } = at
  const { head, condensed } = conversation.state
  const common = commonOf(conversation, at)
  const agent = conversation.plan.agent?.ref
  const request = {
    ...common,
    step: `condense:${common.step}`,
    label: `summary of the oldest turns · ${common.label}`,
    ...(head !== undefined && { head }),
    ...(condensed !== undefined && { condensed }),
    ...(agent !== undefined && { agent }),
  }
  const { contextTokens: tokens } = conversation.state
  const wanted = {
    worstUsd: worstOfCall(conversation.plan, { tokens, bytes: 0, maxTokens: SUMMARY_TOKENS }),
    label: request.label,
    dropped: stopping.wasInterrupted,
  }
  const failed = (why: string | undefined, spent = NOTHING): Condensing => {
    const warnings = stopping.wasInterrupted() ? [] : [`the oldest turns could not be summarized: ${why}`]
    return { done: false, spent, warnings }
  }
  const done = await paidTurn(conversation.budget, wanted, async (budget): Promise<Condensing & Priced> => {
    const paid = { ...request, ...(budget && { budget }) }
    try {
      const outcome = await stopping.scope.run(() => asking<'condense'>(paid).condense(paid))
      const { condensed: ref, contextTokens, ...spent } = outcome
      if (ref !== undefined) conversation.state = { ...conversation.state, condensed: ref, contextTokens }
      return { done: ref !== undefined, spent, warnings: [], usd: spent.usd }
    } catch (error) {
      if (!(error instanceof TemporalFailure)) throw error
      const { error: why, details } = readFailure(error)
      const paidUsd = details?.paidUsd !== undefined && { paidUsd: details.paidUsd }
      return { ...failed(why.message, details), usd: details?.usd ?? null, ...paidUsd }
    }
  })
  return 'done' in done ? done : failed(done.error?.message)
}
