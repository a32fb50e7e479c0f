// Reads what people send kindly: nothing, a note, a form's object, surplus fields. What cannot be meant is refused with
// the reason, never guessed, and nothing here throws.
import type { Decision, DecisionKind } from '../../../contracts/messages.js'
import { isTooDeep } from '../../../contracts/nesting.js'
import { isUnreadable } from '../../../contracts/unreadable.js'

export type Read<T> = T | { refused: string }

/** Two thousand of them are carried along when a run continues as new. */
const ID_CHARACTERS = 200
const OWN_FIELDS = new Set(['kind', 'digest', 'approval', 'by', 'note', 'reason', 'id', 'input'])

export function readDecision(kind: DecisionKind, sent: unknown): Read<Decision> {
  if (isUnreadable(sent)) return { refused: `${kind}: ${sent.unreadable}` }
  if (sent === false)
    return { refused: `${kind} was sent false: send ${kind === 'approve' ? 'reject' : 'approve'} to say no` }
  if (Array.isArray(sent)) return { refused: `${kind} was sent a list, wanted nothing, a note or one object` }
  if (typeof sent === 'string' && sent !== '') return { kind, note: sent.slice(0, 1000) }
  if (!isObject(sent)) return { kind }
  const decision: Decision = { kind }
  for (const field of ['digest', 'approval', 'by', 'note', 'id'] as const) {
    const value = sent[field] ?? (field === 'note' ? sent.reason : undefined)
    if (value === undefined || value === null) continue
    if (typeof value === 'object') return { refused: `${kind}: ${field} is ${shown(value)}, wanted text` }
    decision[field] = String(value).slice(0, field === 'id' ? ID_CHARACTERS : 1000)
  }
  if (kind === 'revise') {
    const patch = isObject(sent.input) ? sent.input : bare(sent)
    if (Object.keys(patch).length > 0) decision.input = patch
  }
  if (kind === 'approve') {
    const rest = bare(sent)
    if (sent.input !== undefined) decision.input = sent.input
    else if (Object.keys(rest).length > 0) Object.assign(decision, { input: rest, loose: true })
  }
  return decision
}

/** `decide` names its kind in the message. */
export function readDecide(sent: unknown): Read<Decision> {
  if (isUnreadable(sent)) return { refused: `decide: ${sent.unreadable}` }
  const kind = isObject(sent) ? sent.kind : sent
  if (kind === 'approve' || kind === 'reject' || kind === 'revise')
    return readDecision(kind, isObject(sent) ? sent : undefined)
  return { refused: `decide: kind is ${shown(kind)}, wanted approve, reject, revise or raiseBudget` }
}

export type Raise = { usd: number; by?: string; note?: string; id?: string }

/** The new cap in dollars: `{ "usd": 5 }`, or the number. */
export function readRaise(sent: unknown): Read<Raise> {
  const wanted = 'wanted the new cap in dollars: { "usd": 5 }, or the number'
  if (isUnreadable(sent)) return { refused: `raiseBudget: ${sent.unreadable}` }
  const given = isObject(sent) ? sent.usd : sent
  const usd =
    typeof given === 'string' && /^\$?\d{1,9}(\.\d{1,7})?$/.test(given) ? Number(given.replace('$', '')) : given
  if (typeof usd !== 'number' || !Number.isFinite(usd) || usd <= 0)
    return { refused: `raiseBudget was sent ${given === undefined ? 'nothing' : shown(given)}; ${wanted}` }
  if (!isObject(sent)) return { usd }
  const raise: Raise = { usd }
  for (const field of ['by', 'note', 'id'] as const) {
    const value = sent[field]
    if (value === undefined || value === null) continue
    if (typeof value === 'object') return { refused: `raiseBudget: ${field} is ${shown(value)}, wanted text` }
    raise[field] = String(value).slice(0, field === 'id' ? ID_CHARACTERS : 1000)
  }
  return raise
}

export type Target = { item?: string; id?: string }

/** interrupt: the whole run, or one item by its id. pause and resume: no item. */
export function readTarget(message: string, sent: unknown): Read<Target> {
  if (isUnreadable(sent)) return { refused: `${message}: ${sent.unreadable}` }
  if (sent === false) return { refused: `${message} was sent false: nothing done` }
  if (Array.isArray(sent)) return { refused: `${message} was sent a list, wanted nothing or one item's id` }
  if ((typeof sent === 'string' && sent !== '') || typeof sent === 'number') return { item: String(sent) }
  if (!isObject(sent)) return {}
  const { item, id } = sent
  if (item !== undefined && item !== null && typeof item === 'object')
    return { refused: `${message}: item is ${shown(item)}, wanted its id` }
  return {
    ...(item !== undefined && item !== null && { item: String(item) }),
    ...(id !== undefined && id !== null && { id: String(id).slice(0, ID_CHARACTERS) }),
  }
}

/** A patch, or an answer, written as the message itself: what is not one of our own fields. */
function bare(sent: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(sent).filter(([key]) => !OWN_FIELDS.has(key)))
}

function shown(value: unknown): string {
  return isTooDeep(value) ? 'nested too deep' : (JSON.stringify(value)?.slice(0, 80) ?? 'missing')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
