// What the keeper and its users say to each other: one JSON object per line over a loopback TCP connection. An open
// connection is itself the message "I am still using this".
import type { Socket } from 'node:net'

/** Exit code of a keeper that finds the directory held by another one. */
export const HELD = 3

/** The first line of a connection. `host`: an `ensemble up`, which may run workers for others. */
export type Hello = { token: string; kind: 'user' | 'host' }

export type Request =
  /** What is up, without starting anything. */
  | { ask: 'status' }
  /** Start the server, with this Temporal program, if it is not up, and see that it has the namespace. */
  | { ask: 'server'; program?: string; namespace: string }
  /** Start the shared simulator if it is not up. */
  | { ask: 'simulator' }
  /** From a host: its worker polls this queue of this server. */
  | { ask: 'hosting'; address: string; taskQueue: string }
  /** From a host: its worker has ended. */
  | { ask: 'not-hosting' }
  /** Does a host have a worker there? */
  | { ask: 'hosted'; address: string; taskQueue: string }
  /** I am done; the connection is closed when, if I was the last, everything has ended. */
  | { ask: 'leave' }

export type Status = { address?: string; webUrl?: string; simulatorUrl?: string }

export type Answer = { id: number } & ({ error: string } | { error?: undefined; status: Status; hosted?: boolean })

/** Calls `line` with each parsed line. A line that is no JSON ends the connection. */
export function readLines(socket: Socket, line: (value: unknown) => void): void {
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk) => {
    const lines = (text + chunk).split('\n')
    text = lines.pop()!
    for (const each of lines) {
      try {
        line(JSON.parse(each))
      } catch (error) {
        socket.destroy(error as Error)
        return
      }
    }
  })
}

export function writeLine(socket: Socket, value: unknown): void {
  socket.write(`${JSON.stringify(value)}\n`)
}
