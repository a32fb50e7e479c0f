// Whether a worker is well, for whoever restarts it (a container's health check, a supervisor): 200 while it polls, 503
// while it drains. On loopback only: nobody else need know.
import { createServer } from 'node:http'

export type Health = { close(): Promise<void> }

/** Answers every path. Rejects when the port is taken. */
export async function serveHealth(port: number, state: () => string): Promise<Health> {
  const server = createServer((_request, response) => {
    const body = { state: state() }
    response.writeHead(body.state === 'RUNNING' ? 200 : 503, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  })
  server.unref() // a worker that fails at its start ends
  await new Promise<void>((done, failed) => {
    server.once('error', failed)
    server.listen(port, '127.0.0.1', done)
  })
  return {
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
