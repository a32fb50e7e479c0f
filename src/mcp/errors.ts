// What the protocol's library throws, said in our words.
import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError, type Transport } from '@modelcontextprotocol/client'
import { McpFailure } from './failure.js'
import { StdioTransport } from './stdio.js'

/** @param sent the request may have reached the server. */
export function failureOf(error: unknown, transport: Transport, sent: boolean): McpFailure {
  const child = transport instanceof StdioTransport ? transport : undefined
  const words = child?.lastWords()
  const said = words ? ` (it wrote: ${words.slice(-200)})` : ''
  if (error instanceof McpFailure) return new McpFailure(error.kind, `${error.message}${said}`, error.mayHaveHappened)
  if (child?.failure) return new McpFailure(child.failure.kind, `${child.failure.message}${said}`, sent)
  if (error instanceof ProtocolError) return new McpFailure('refused', `answered with an error: ${error.message}`)
  if (error instanceof SdkHttpError) {
    const kind = error.status < 500 ? 'refused' : 'died'
    return new McpFailure(kind, `answered with HTTP ${error.status}: ${error.message}`, kind === 'died' && sent)
  }
  if (!(error instanceof SdkError)) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ''
    const message = error instanceof Error ? `${error.message}${cause}` : 'the connection was closed'
    return new McpFailure(sent ? 'died' : 'missing', message, sent)
  }
  switch (error.code) {
    case SdkErrorCode.RequestTimeout:
      return new McpFailure('timedOut', `did not answer in time${said}`, sent)
    case SdkErrorCode.InvalidResult:
    case SdkErrorCode.UnsupportedResultType:
    case SdkErrorCode.ListPaginationExceeded:
      return new McpFailure('nonsense', `answered with what is no valid result: ${error.message}`, sent)
    case SdkErrorCode.NotConnected:
      return new McpFailure('died', 'is not connected')
    default:
      return new McpFailure(sent ? 'died' : 'missing', `${error.message}${said}`, sent)
  }
}
