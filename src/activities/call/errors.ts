// One place where the vendor's errors become ours: which type, whether asking again can help, whether it counts as a
// failure of the request or only as waiting. By the error's type and class; its status is missing in mid-stream.
import { AnthropicError, APIConnectionError, APIError } from '@anthropic-ai/sdk'
import { FAILURE, type FailureType } from '../../contracts/failures.js'

export type CallError = {
  type: FailureType
  message: string
  retry: boolean
  /** Counts against maxRetries; waiting for quota or an overloaded API does not. */
  counted: boolean
  statusCode?: number
  requestId?: string
  /** Milliseconds the server asked to wait. */
  retryAfterMs?: number
}

/** Our own time-outs, thrown into the stream. */
export class StalledError extends Error {}

type Kind = { type: FailureType; retry: boolean; counted: boolean }
const final = (type: FailureType): Kind => ({ type, retry: false, counted: true })
const again = (type: FailureType): Kind => ({ type, retry: true, counted: true })
const waiting = (type: FailureType): Kind => ({ type, retry: true, counted: false })

const BY_TYPE: Record<string, Kind> = {
  invalid_request_error: final(FAILURE.badRequest),
  authentication_error: final(FAILURE.authentication),
  permission_error: final(FAILURE.authentication),
  billing_error: final(FAILURE.billing),
  not_found_error: final(FAILURE.notFound),
  request_too_large: final(FAILURE.tooLarge),
  rate_limit_error: waiting(FAILURE.rateLimited),
  overloaded_error: waiting(FAILURE.overloaded),
  timeout_error: again(FAILURE.server),
  api_error: again(FAILURE.server),
}

const BY_STATUS: Record<number, Kind> = {
  400: final(FAILURE.badRequest),
  401: final(FAILURE.authentication),
  402: final(FAILURE.billing),
  403: final(FAILURE.authentication),
  404: final(FAILURE.notFound),
  408: again(FAILURE.server),
  409: again(FAILURE.server),
  413: final(FAILURE.tooLarge),
  422: final(FAILURE.badRequest),
  429: waiting(FAILURE.rateLimited),
  529: waiting(FAILURE.overloaded),
}

/** Limits that no waiting lifts: a person must act. */
const BILLING_CODES = new Set([
  'enforced_spend_limit_reached',
  'contract_spend_limit_reached',
  'organization_on_hold',
  'linked_organization_spend_limit_reached',
])

/** @returns undefined for what is no failure of the request: a bug, to be thrown on. */
export function classify(error: unknown): CallError | undefined {
  if (error instanceof StalledError) return { ...again(FAILURE.stalled), message: error.message }
  if (error instanceof APIConnectionError) return { ...again(FAILURE.connection), message: causes(error) }
  if (error instanceof APIError) return fromApi(error)
  // A cut body is a plain TypeError of fetch; an end without message_stop an AnthropicError; broken JSON a SyntaxError.
  if (error instanceof AnthropicError || error instanceof SyntaxError || isNetworkError(error))
    return { ...again(FAILURE.connection), message: causes(error) }
  return undefined
}

function fromApi(error: APIError): CallError {
  const kind = kindOf(error)
  const header = error.headers?.get('x-should-retry')
  const retry = header === 'true' ? true : header === 'false' ? false : kind.retry
  const waitMs = retryAfter(error.headers)
  return {
    ...kind,
    retry,
    message: error.apiMessage ?? error.message,
    ...(error.status !== undefined && { statusCode: error.status }),
    ...(error.requestID && { requestId: error.requestID }),
    ...(waitMs !== undefined && { retryAfterMs: waitMs }),
  }
}

/** Of a program that asks the API itself and tells what it heard. No status: it did not get so far, or died. */
export function fromStatus(status: number | undefined, message: string): CallError {
  const kind = status === undefined ? again(FAILURE.server) : (BY_STATUS[status] ?? byClass(status))
  return { ...kind, message, ...(status !== undefined && { statusCode: status }) }
}

const byClass = (status: number) => (status >= 400 && status < 500 ? final(FAILURE.badRequest) : again(FAILURE.server))

function kindOf(error: APIError): Kind {
  if (error.errorCode && BILLING_CODES.has(error.errorCode)) return final(FAILURE.billing)
  // The message is the only place where a context overflow differs from other 400s.
  if (error.type === 'invalid_request_error' && /prompt is too long|context (window|limit)/i.test(error.message))
    return final(FAILURE.tooLarge)
  const known = (error.type && BY_TYPE[error.type]) || (error.status !== undefined && BY_STATUS[error.status])
  if (known) return known
  return error.status === undefined ? again(FAILURE.server) : byClass(error.status)
}

/** `retry-after` in seconds or as a date, and `retry-after-ms`. */
function retryAfter(headers: Headers | undefined): number | undefined {
  const ms = Number(headers?.get('retry-after-ms') ?? Number.NaN)
  if (Number.isFinite(ms)) return ms
  const value = headers?.get('retry-after')
  if (!value) return undefined
  const seconds = Number(value)
  if (Number.isFinite(seconds)) return seconds * 1000
  const until = Date.parse(value) - Date.now()
  return Number.isFinite(until) ? Math.max(0, until) : undefined
}

function isNetworkError(error: unknown): boolean {
  return (
    error instanceof TypeError &&
    (error.message === 'terminated' || error.message.includes('fetch failed') || hasCode(error.cause))
  )
}

function hasCode(cause: unknown): boolean {
  return typeof cause === 'object' && cause !== null && 'code' in cause
}

/** "Connection error: connect ECONNREFUSED 127.0.0.1:1": the cause is what helps. */
function causes(error: unknown): string {
  const parts: string[] = []
  for (let at = error; at instanceof Error && parts.length < 4; at = at.cause) {
    if (at.message && !parts.includes(at.message)) parts.push(at.message)
  }
  return parts.join(': ')
}
