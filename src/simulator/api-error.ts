// Errors exactly as the Messages API words them: a status, an error type, sometimes a machine-readable code, and the
// request id in the body as well as in the header. One class, thrown anywhere, turned into HTTP at one place.

import type { ErrorType } from '@anthropic-ai/sdk/resources/shared'

/** `request_too_large` is documented for 413 but not in the SDK's union. */
export type ApiErrorType = ErrorType | 'request_too_large'

export type ErrorExtras = {
  /** Lands in `error.details.error_code`, which SDKs branch on. */
  code?: string
  headers?: Record<string, string>
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly type: ApiErrorType,
    message: string,
    readonly extras: ErrorExtras = {},
  ) {
    super(message)
  }
}

const types: Record<number, ApiErrorType> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

/** The type the API gives an error of this HTTP status. */
export function typeOfStatus(status: number): ApiErrorType {
  return types[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error')
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'invalid_request_error', message)
}

/** The JSON body of an error response; also the data of an `error` event in mid-stream. */
export function errorBody(error: ApiError, requestId: string): string {
  const details = error.extras.code === undefined ? {} : { details: { error_code: error.extras.code } }
  return JSON.stringify({
    type: 'error',
    error: { type: error.type, message: error.message, ...details },
    request_id: requestId,
  })
}
