// Ports for servers of tests, from below those the system gives to anybody who asks for any: a server that is down for a
// while finds its port free again, and where nobody listens now nobody begins to, however many tests run at once.
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'

const RANGE = '/proc/sys/net/ipv4/ip_local_port_range'
const FIRST = 10_000
/** Linux's default; other systems begin higher. */
const USUAL_END = 32_768
const TRIES = 100

/** A loopback port nobody listens on right now. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  if (port === undefined) throw new Error('the system gave no port')
  return port
}

/** So many loopback ports, all different, that nobody listens on right now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listening))
  const ports = servers.map(portOf)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

async function listening(): Promise<Server> {
  const end = existsSync(RANGE) ? Number(/\d+/.exec(readFileSync(RANGE, 'utf8'))?.[0]) : USUAL_END
  for (let tries = 0; tries < TRIES && end > FIRST; tries++) {
    const server = await listenOn(FIRST + Math.floor(Math.random() * (end - FIRST)))
    if (server) return server
  }
  throw new Error(`wanted a free port from ${FIRST} to ${end - 1}; tried ${TRIES}`)
}

/** undefined: somebody has it. */
function listenOn(port: number): Promise<Server | undefined> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      ['EADDRINUSE', 'EACCES'].includes(error.code ?? '') ? resolve(undefined) : reject(error),
    )
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

function portOf(server: Server): number {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the system gave no port')
  return address.port
}
