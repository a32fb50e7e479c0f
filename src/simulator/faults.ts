// Faults a rule asks for. Some replace the answer by an error, some change the frames of an answer on their way: then
// the plan says how it ends, and the journal says that the fault fired.

import { ApiError, errorBody, typeOfStatus } from './api-error.js'
import type { Frame } from './frames.js'
import type { Fault } from './rules.js'

/** `end`: as it should; `destroy`: the connection breaks; `stall`: nothing more comes (for so many ms). */
type Ending = { kind: 'end' } | { kind: 'destroy' } | { kind: 'stall'; ms?: number; pings: boolean }

export type Plan = {
  frames: Frame[]
  ending: Ending
  /** Bytes after which nothing more is sent; may be inside a character. */
  cutAt?: number
}

const coded: Partial<Record<Fault['kind'], [number, string, string]>> = {
  'spend-limit': [429, 'enforced_spend_limit_reached', 'You have reached the spend limit set for your organization.'],
  'contract-spend-limit': [429, 'contract_spend_limit_reached', 'You have reached the spend limit of your contract.'],
  'on-hold': [400, 'organization_on_hold', 'Your organization is on hold. Contact support.'],
}

/** The error response a fault stands for; undefined for one that concerns an answer on its way. */
export function errorOfFault(fault: Fault, model: string): ApiError | undefined {
  const headers = {
    ...(fault.retryAfter !== undefined && { 'retry-after': String(fault.retryAfter) }),
    ...(fault.shouldRetry !== undefined && { 'x-should-retry': String(fault.shouldRetry) }),
  }
  const error = (status: number, message: string, code?: string) => {
    const type = (fault.errorType as ApiError['type'] | undefined) ?? typeOfStatus(status)
    return new ApiError(status, type, fault.message ?? message, { headers, ...(code !== undefined && { code }) })
  }
  const named = coded[fault.kind]
  if (named) return error(named[0], named[2], named[1])
  if (fault.kind === 'retired-model') return error(404, `model: ${model}`)
  if (fault.kind === 'context-overflow') return error(400, 'prompt is too long: 1000001 tokens > 1000000 maximum')
  const status = Number(fault.kind)
  if (status === 529) return error(529, 'Overloaded')
  return status ? error(status, `SIMULATED fault: ${status} ${typeOfStatus(status)}`) : undefined
}

/** The same frames with the fault in them. `stream`: whether they are events (an error can only be sent in those). */
export function withFault(frames: Frame[], fault: Fault, context: { stream: boolean; requestId: string }): Plan {
  const total = frames.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
  const at = Math.floor((total * (fault.at ?? 50)) / 100)
  switch (fault.kind) {
    case 'slow-start': {
      const late = fault.ms ?? 10_000
      return { frames: frames.map(({ at, text }) => ({ at: at + late, text })), ending: { kind: 'end' } }
    }
    case 'cut':
      return { frames, ending: { kind: 'destroy' }, cutAt: fault.insideCharacter ? insideCharacter(frames, at) : at }
    case 'stall': {
      const ms = fault.ms === undefined ? {} : { ms: fault.ms }
      return { frames: whole(frames, at), ending: { kind: 'stall', pings: fault.pings ?? false, ...ms } }
    }
    case 'overloaded-mid-stream':
      return { frames: [...whole(frames, at), errorFrame(frames, at, context.requestId)], ending: { kind: 'end' } }
    case 'broken-json':
      return { frames: brokenJson(frames, at, context.stream), ending: { kind: 'end' } }
    case 'eof':
      return context.stream
        ? { frames: whole(frames, at), ending: { kind: 'end' } }
        : { frames, ending: { kind: 'end' }, cutAt: at }
    default:
      return { frames, ending: { kind: 'end' } }
  }
}

/** The frames that end at or before so many bytes: nothing is torn. */
function whole(frames: Frame[], bytes: number): Frame[] {
  let sum = 0
  return frames.filter(({ text }) => {
    sum += Buffer.byteLength(text)
    return sum <= bytes
  })
}

function errorFrame(frames: Frame[], bytes: number, requestId: string): Frame {
  const at = frames[Math.min(whole(frames, bytes).length, frames.length - 1)]?.at ?? 0
  const body = errorBody(new ApiError(529, 'overloaded_error', 'Overloaded'), requestId)
  return { at, text: `event: error\ndata: ${body}\n\n` }
}

/** One event (the whole body without a stream) loses the second half of its JSON; the rest follows. */
function brokenJson(frames: Frame[], bytes: number, stream: boolean): Frame[] {
  const index = Math.min(whole(frames, bytes).length, frames.length - 1)
  return frames.map((frame, at) => {
    if (at !== index) return frame
    const half = frame.text.slice(0, Math.floor(frame.text.length / 2))
    return { ...frame, text: stream ? `${half}\n\n` : half }
  })
}

/** A place after the first byte of the first multi-byte character from `from` on; else the last one before it. */
function insideCharacter(frames: Frame[], from: number): number {
  const bytes = Buffer.from(frames.map(({ text }) => text).join(''))
  const isLead = (byte: number) => byte >= 0xc0
  const after = bytes.subarray(from).findIndex(isLead)
  if (after >= 0) return from + after + 1
  const before = bytes.findLastIndex(isLead)
  if (before < 0)
    throw new Error('fault cut with insideCharacter wants an answer with a multi-byte character; this one has none')
  return before + 1
}
