// How a configured server is reached: as a child process, or over HTTP. Whatever way, what it may send is bounded.
import { SSEClientTransport, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client'
import type { McpServer } from '../contracts/schemas/index.js'
import { allowedEnvironment, type Environment, type Expanded } from './environment.js'
import { McpFailure } from './failure.js'
import { StdioTransport } from './stdio.js'

const MAX_RESPONSE_BYTES = 32 * 1024 * 1024

export function transportTo(server: McpServer, expand: Expanded, given: { env: Environment; cwd: string }): Transport {
  if (!('url' in server)) {
    const env = { ...allowedEnvironment(given.env), ...expand.record(server.env) }
    return new StdioTransport({
      command: expand.text(server.command),
      args: server.args.map((arg) => expand.text(arg)),
      env,
      cwd: given.cwd,
    })
  }
  const url = new URL(expand.text(server.url))
  const options = { requestInit: { headers: expand.record(server.headers) }, fetch: boundedFetch }
  return server.type === 'sse' ? new SSEClientTransport(url, options) : new StreamableHTTPClientTransport(url, options)
}

/** Headers hold secrets, so nobody is followed elsewhere; a body that does not end is cut. */
async function boundedFetch(url: string | URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...init, redirect: 'error' })
  if (!response.body) return response
  let bytes = 0
  const bounded = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength
      if (bytes > MAX_RESPONSE_BYTES)
        controller.error(new McpFailure('flood', `sent more than ${MAX_RESPONSE_BYTES} bytes`))
      else controller.enqueue(chunk)
    },
  })
  const { status, statusText, headers } = response
  return new Response(response.body.pipeThrough(bounded), { status, statusText, headers })
}
