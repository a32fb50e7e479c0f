// Between the workers and the model server: keeps every request as it was sent, for tests that look at what a model is
// told. Answers pass through as they come.
import { createServer, request as forward } from 'node:http'
import type { AddressInfo } from 'node:net'

export type SentBlock = { type: string; text?: string; [field: string]: unknown }
export type SentRequest = {
  system?: SentBlock[]
  messages: { role: 'user' | 'assistant'; content: SentBlock[] }[]
  max_tokens: number
  tools?: { name: string }[]
}

export type Recorder = {
  url: string
  /** Requests whose last user message has this text, in the order they came. */
  requests(prompt: string): SentRequest[]
  /** All there were. */
  all(): SentRequest[]
  close(): Promise<void>
}

export async function startRecorder(simulator: string): Promise<Recorder> {
  const kept: SentRequest[] = []
  const { hostname, port } = new URL(simulator)
  const server = createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming
    const parts: Buffer[] = []
    const onward = forward({ hostname, port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(outgoing)
      answer.on('error', () => outgoing.destroy())
    })
    onward.on('error', () => outgoing.destroy())
    outgoing.on('close', () => onward.destroy())
    incoming.on('data', (part: Buffer) => {
      parts.push(part)
      onward.write(part)
    })
    incoming.on('end', () => {
      if (path === '/v1/messages') kept.push(JSON.parse(Buffer.concat(parts).toString('utf8')))
      onward.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    all: () => [...kept],
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: (prompt) =>
      kept.filter(({ messages }) =>
        messages.findLast(({ role }) => role === 'user')?.content.some(({ text }) => text === prompt),
      ),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
