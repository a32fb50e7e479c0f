// Free TCP ports on loopback: the wanted ones where they are free, else whatever the system gives. All are held until
// all are chosen, so no port comes twice.
import { createServer, type Server } from 'node:net'

/** `wanted`: a port, or 0 for any. */
export async function freePorts(wanted: number[]): Promise<number[]> {
  const held: Server[] = []
  try {
    for (const port of wanted) held.push((await hold(port)) ?? (await hold(0))!)
    return held.map((server) => (server.address() as { port: number }).port)
  } finally {
    await Promise.all(held.map((server) => new Promise((done) => server.close(done))))
  }
}

/** undefined when the port is taken. */
function hold(port: number): Promise<Server | undefined> {
  const server = createServer()
  return new Promise((done, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (port !== 0 && (error.code === 'EADDRINUSE' || error.code === 'EACCES')) done(undefined)
      else failed(error)
    })
    server.listen(port, '127.0.0.1', () => done(server))
  })
}
