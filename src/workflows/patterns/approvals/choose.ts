// A person says which of several things shall happen: all of them, some, or none. Bound, like every question, to a digest
// of exactly what is offered.
import type { Approval, Decision } from '../../../contracts/messages.js'
import type { Run } from '../run/run.js'
import { question } from './approval.js'
import { chosenOf } from './choices.js'

export type Offer = Pick<Approval, 'name' | 'title' | 'digest' | 'approvers' | 'lines'> & {
  choices: NonNullable<Approval['choices']>
}

export type Choice =
  /** `ids`: in the order they were offered. */
  | { kind: 'chosen'; ids: string[]; by: string; at: string }
  | { kind: 'rejected'; by: string; note?: string }
  | { kind: 'withdrawn' }

/** @param stopped nobody needs the answer any more; by default: the run was stopped. */
export async function choose(run: Run, offer: Offer, stopped?: () => boolean): Promise<Choice> {
  const ids = offer.choices.map(({ id }) => id)
  const ending = await question(
    run,
    { ...offer, own: { wantsInput: false } },
    { refuses: (decision) => whyRefused(decision, ids), ...(stopped && { stopped }) },
  )
  if (ending.kind !== 'answered') return { kind: 'withdrawn' }
  const { decision, by, at } = ending
  if (decision.kind === 'reject')
    return { kind: 'rejected', by, ...(decision.note !== undefined && { note: decision.note }) }
  const only = chosenOf(decision.input)
  return { kind: 'chosen', ids: only ? ids.filter((id) => only.includes(id)) : ids, by, at }
}

function whyRefused({ kind, input }: Decision, ids: string[]): string | undefined {
  if (kind === 'revise') return 'wanted approve, approve with { "only": ["id", …] }, or reject'
  if (kind === 'reject' || input === undefined) return undefined
  const only = chosenOf(input)
  if (!only) return `wanted { "only": ["id", …] } with some of ${ids.join(', ')}, or nothing for all of them`
  if (only.length === 0) return 'only: is empty; send reject to take none'
  const unknown = only.filter((id) => !ids.includes(id))
  return unknown.length > 0 ? `only: ${unknown.join(', ').slice(0, 200)} is not among ${ids.join(', ')}` : undefined
}
