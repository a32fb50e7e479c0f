// A TCP proxy in front of a server, to cut the network: `refuse` closes everything and takes nothing, `blackHole` keeps
// connections open and passes nothing on, `heal` goes back to normal.
import { connect, createServer, type Socket } from 'node:net'

type Mode = 'pass' | 'refuse' | 'black-hole'

export type Proxy = {
  address: string
  port: number
  refuse(): void
  blackHole(): void
  heal(): void
  /** Connections that met the fault. */
  hit(): number
  close(): Promise<void>
}

/** @param sees told of all bytes on their way to the server */
export async function startProxy(targetPort: number, sees?: (bytes: Buffer) => void): Promise<Proxy> {
  let mode: Mode = 'pass'
  let hits = 0
  const pairs = new Set<[Socket, Socket]>()
  const server = createServer((client) => {
    if (mode === 'refuse') {
      hits++
      client.destroy()
      return
    }
    const upstream = connect(targetPort, '127.0.0.1')
    const pair: [Socket, Socket] = [client, upstream]
    pairs.add(pair)
    const drop = () => {
      pairs.delete(pair)
      client.destroy()
      upstream.destroy()
    }
    const pass = (from: Socket, to: Socket) =>
      from.on('data', (bytes) => {
        if (mode === 'pass') to.write(bytes)
        else hits++
      })
    if (sees) client.on('data', sees)
    pass(client, upstream)
    pass(upstream, client)
    for (const socket of pair) socket.on('close', drop).on('error', drop)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const dropAll = () => {
    for (const pair of pairs) {
      hits++
      for (const socket of pair) socket.destroy()
    }
  }
  return {
    address: `127.0.0.1:${port}`,
    port,
    refuse() {
      mode = 'refuse'
      dropAll()
    },
    blackHole() {
      mode = 'black-hole'
    },
    heal() {
      // Streams that lost bytes are broken for good; new connections work.
      if (mode === 'black-hole') dropAll()
      mode = 'pass'
    },
    hit: () => hits,
    async close() {
      dropAll()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
