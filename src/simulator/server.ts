// HTTP: who may come in, which path is which, how a body is read and how an error is written. The simulator's own
// endpoints (/_simulator/…) want no key, and no test of a client can take them for the API's.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApiError, badRequest, errorBody } from './api-error.js'
import type { JournalEntry } from './journal.js'
import { answerMessages, countTokens } from './messages-route.js'
import { listModels, oneModel } from './models-route.js'
import { parseRules } from './rules.js'
import { replaceRules, type State } from './state.js'

/** As the API: larger requests get 413. */
const MAX_BODY = 32 * 1024 * 1024
const VERSIONS = ['2023-06-01', '2026-10-21']

const ORIGIN = 'http://localhost'

type Call = { request: IncomingMessage; response: ServerResponse; url: URL; requestId: string; entry?: JournalEntry }

/** Answers one HTTP request; never rejects. */
export async function handle(state: State, request: IncomingMessage, response: ServerResponse, requestId: string) {
  // What is no path, such as "//", is one that nothing answers to.
  const target = request.url ?? '/'
  const url = new URL(URL.canParse(target, ORIGIN) ? target : '/unreadable', ORIGIN)
  const call: Call = { request, response, url, requestId }
  response.setHeader('x-model-server', 'simulator')
  response.setHeader('request-id', requestId)
  // The journal counts a POST when it arrives, also one whose body never comes.
  if (request.method === 'POST' && url.pathname === '/v1/messages')
    call.entry = state.journal.begin(requestId, Date.now())
  try {
    await route(state, call)
  } catch (error) {
    // A client that goes away while it is still sending its request.
    if (request.errored) {
      if (call.entry) endEntry(state, call.entry, { aborted: true })
      return
    }
    sendError(state, call, error instanceof ApiError ? error : crashed(error))
  }
}

function crashed(error: unknown): ApiError {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`simulator: ${text}\n`)
  return new ApiError(500, 'api_error', `The simulator failed: ${text.split('\n')[0]}`)
}

async function route(state: State, call: Call): Promise<void> {
  const { request, response, url, requestId, entry } = call
  const at = `${request.method} ${url.pathname}`
  if (url.pathname.startsWith('/_simulator/')) return ownRoute(state, call)
  if (at === 'HEAD /' || at === 'GET /') return sendJson(response, 200, { server: 'simulator' })
  const body = request.method === 'POST' ? await readBody(request) : Buffer.alloc(0)
  authenticate(request)
  const arrived = () => ({ body: parseJson(body), beta: url.searchParams.get('beta') === 'true', requestId, response })
  if (entry) return answerMessages(state, arrived(), entry)
  if (at === 'POST /v1/messages/count_tokens') {
    return sendJson(response, 200, { input_tokens: countTokens(state, arrived()) })
  }
  if (at === 'GET /v1/models') return sendJson(response, 200, listModels(url.searchParams, state.now()))
  const id = /^GET \/v1\/models\/([^/]+)$/.exec(at)?.[1]
  if (id) return sendJson(response, 200, oneModel(decodeURIComponent(id), state.now()))
  throw new ApiError(404, 'not_found_error', `Not Found: ${at}`)
}

async function ownRoute(state: State, { request, response, url }: Call): Promise<void> {
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /_simulator/journal':
      return sendJson(response, 200, state.journal.snapshot({ requests: url.searchParams.get('requests') !== '0' }))
    case 'DELETE /_simulator/journal':
      state.journal.reset()
      return sendJson(response, 200, {})
    case 'GET /_simulator/rules':
      return sendJson(response, 200, state.rules.rules)
    case 'PUT /_simulator/rules':
      replaceRules(state, rulesOf(parseJson(await readBody(request))))
      return sendJson(response, 200, state.rules.rules)
    case 'DELETE /_simulator/rules':
      replaceRules(state, [])
      return sendJson(response, 200, [])
    default:
      throw new ApiError(404, 'not_found_error', `Not Found: ${request.method} ${url.pathname}`)
  }
}

function rulesOf(json: unknown) {
  try {
    return parseRules(json)
  } catch (error) {
    throw badRequest((error as Error).message)
  }
}

/** Any key is good but those that say they are not; both the old and the new way of sending it. */
function authenticate(request: IncomingMessage): void {
  const key = request.headers['x-api-key'] ?? /^Bearer\s+(.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (!key || Array.isArray(key)) {
    throw new ApiError(401, 'authentication_error', 'x-api-key header is required')
  }
  if (key.startsWith('sk-ant-invalid')) throw new ApiError(401, 'authentication_error', 'invalid x-api-key')
  const version = request.headers['anthropic-version']
  if (version === undefined) throw badRequest('anthropic-version: header is required')
  if (!VERSIONS.includes(String(version))) throw badRequest(`anthropic-version: "${version}" is not a valid version`)
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    // Read to the end even so: a client that is still sending would miss the answer.
    if (size <= MAX_BODY) chunks.push(chunk)
  }
  if (size > MAX_BODY)
    throw new ApiError(413, 'request_too_large', 'Request exceeds the maximum allowed number of bytes.')
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch (error) {
    throw badRequest(`The request body is not valid JSON: ${(error as Error).message}`)
  }
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value))
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
}

function sendError(state: State, { response, requestId, entry }: Call, error: ApiError): void {
  if (entry) {
    entry.status = error.status
    const retryAfter = Number(error.extras.headers?.['retry-after'])
    if (Number.isFinite(retryAfter)) entry.retryAfter = retryAfter
    endEntry(state, entry, {})
  }
  if (response.destroyed || response.headersSent) return void response.destroy()
  const body = Buffer.from(errorBody(error, requestId))
  const headers = { 'content-type': 'application/json', 'content-length': body.length, ...error.extras.headers }
  response.writeHead(error.status, headers).end(body)
}

function endEntry(state: State, entry: JournalEntry, result: { aborted?: boolean }): void {
  const outcome = entry.outcome !== 'pending' ? entry.outcome : result.aborted ? 'aborted' : 'refused'
  state.journal.end(entry, { outcome, ...result }, Date.now())
}
