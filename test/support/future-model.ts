// A model the API serves and our tables do not know: the simulator behind a door that renames one of its models. Its
// price is unknown, as that of every new model is until somebody writes it down.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export type FutureModel = {
  model: string
  url: string
  /** Messages asked of it. */
  asked(): number
  close(): Promise<void>
}

const MODEL = 'claude-future-9'
const STAND_IN = 'claude-sonnet-5-5'

export async function startFutureModel(simulator: string): Promise<FutureModel> {
  let asked = 0
  const server = createServer(async (request, response) => {
    const path = request.url?.replace(MODEL, STAND_IN) ?? '/'
    const sent = await bodyOf(request)
    if (path === '/v1/messages' && sent.includes(MODEL)) asked++
    const answer = await fetch(new URL(path, simulator), {
      method: request.method ?? 'GET',
      headers: kept(request),
      ...(sent !== '' && { body: sent.replaceAll(MODEL, STAND_IN) }),
    })
    response.writeHead(answer.status, {
      'content-type': answer.headers.get('content-type') ?? 'application/json',
      'x-model-server': 'simulator',
    })
    response.end((await answer.text()).replaceAll(STAND_IN, MODEL))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    model: MODEL,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}

function kept({ headers }: IncomingMessage): Record<string, string> {
  const names = ['content-type', 'authorization', 'x-api-key', 'anthropic-version']
  return Object.fromEntries(
    names.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
  )
}
