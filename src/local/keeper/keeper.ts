// The keeper: one small process per data directory, the parent of its Temporal server and of its shared simulator. It
// belongs to nobody: each process that uses the server keeps one connection open, and when the last one is gone, kill -9
// included, the keeper ends what it started and itself. Started by keeper-start.ts with the directory as argument.
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { removeRecord, writeRecord } from '../data-directory.js'
import { identityOf } from '../process-identity.js'
import { type Children, openChildren } from './keeper-children.js'
import { type Answer, type Hello, type Request, readLines, writeLine } from './keeper-protocol.js'
import type { Lock } from './lock.js'

/** How long a keeper, or a connection that has not said hello, waits for a user. */
const LONELY_MS = 10_000
/** A worker's end and its command's "leave" arrive on two connections; this lets the first be seen before the second. */
const SETTLE_MS = 100

type User = { kind: Hello['kind']; leaving?: boolean; hosting?: { address: string; taskQueue: string } }

export async function keep(home: string, lock: Lock): Promise<void> {
  const token = randomBytes(24).toString('hex')
  const users = new Map<Socket, User>()
  const listener = createServer((socket) => meet(socket))
  const port = await listen(listener)
  const keeper = { ...identityOf(process.pid)!, port, token }
  const children = await openChildren(home, (kept) => writeRecord(home, { keeper, ...kept }))
  let ending = false

  function meet(socket: Socket): void {
    const silent = setTimeout(() => socket.destroy(), LONELY_MS)
    socket.on('error', () => socket.destroy()) // a user that was killed; its close follows
    socket.once('close', () => {
      clearTimeout(silent)
      if (users.delete(socket)) settle()
    })
    readLines(socket, (value) => {
      const user = users.get(socket)
      if (user) return void answer(socket, user, value as Request & { id: number })
      const hello = value as Hello
      if (ending || !isToken(hello.token, token)) return socket.destroy()
      clearTimeout(silent)
      users.set(socket, { kind: hello.kind })
      writeLine(socket, { id: 0, status: children.status() } satisfies Answer)
    })
  }

  async function answer(socket: Socket, user: User, request: Request & { id: number }): Promise<void> {
    const { id } = request
    try {
      if (request.ask === 'leave') {
        user.leaving = true
        return settle()
      }
      const hosted = await perform(children, user, users, request)
      writeLine(socket, { id, status: children.status(), hosted } satisfies Answer)
    } catch (error) {
      writeLine(socket, { id, error: (error as Error).message } satisfies Answer)
    }
  }

  function settle(): void {
    setTimeout(() => {
      const staying = [...users.values()].some((user) => !user.leaving)
      if (!staying) return void end()
      for (const [socket, user] of users) if (user.leaving) socket.destroy()
    }, SETTLE_MS)
  }

  async function end(): Promise<void> {
    if (ending) return
    ending = true
    listener.close()
    await children.end()
    removeRecord(home)
    lock.release()
    process.exit(0) // closes the connections of those who wait for the end
  }

  setTimeout(() => users.size === 0 && end(), LONELY_MS)
  process.on('SIGTERM', end).on('SIGINT', end)
}

async function perform(
  children: Children,
  user: User,
  users: Map<Socket, User>,
  request: Request,
): Promise<boolean | undefined> {
  switch (request.ask) {
    case 'server':
      await children.server(request.program, request.namespace)
      return
    case 'simulator':
      await children.simulator()
      return
    case 'hosting':
      user.hosting = { address: request.address, taskQueue: request.taskQueue }
      return
    case 'not-hosting':
      user.hosting = undefined
      return
    case 'hosted':
      return [...users.values()].some(
        ({ hosting }) => hosting?.address === request.address && hosting.taskQueue === request.taskQueue,
      )
    case 'status':
    case 'leave':
      return
    default:
      throw new Error(`the keeper was asked ${JSON.stringify(request)}, which it does not know`)
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((done, failed) => {
    server.once('error', failed)
    server.listen(0, '127.0.0.1', () => done((server.address() as { port: number }).port))
  })
}

function isToken(got: unknown, token: string): boolean {
  const bytes = Buffer.from(String(got))
  return bytes.length === token.length && timingSafeEqual(bytes, Buffer.from(token))
}
