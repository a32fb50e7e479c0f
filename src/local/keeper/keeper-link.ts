// A user's connection to the keeper of a data directory. While it is open the keeper keeps what it keeps; closing it, or
// dying, is all it takes to let go. The keeper is started when there is none.
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { logFile, readRecord, type ServerRecord } from '../data-directory.js'
import { without } from '../environment.js'
import { isAlive } from '../process-identity.js'
import { type Answer, HELD, type Hello, type Request, readLines, writeLine } from './keeper-protocol.js'

/** Longer than a keeper takes to end its server, which a starter may have to wait for. */
const OPEN_MS = 45_000
const HELLO_MS = 5_000
const EXIT_MS = 2_000

export type KeeperLink = {
  /** @throws Error with what the keeper said, or that it is gone */
  ask(request: Request): Promise<Answer & { error?: undefined }>
  /** Resolves when the connection is closed: at once if others stay, else after everything has ended. */
  leave(): Promise<void>
  /** Called once if the keeper goes away without being asked to. */
  onLost(lost: () => void): void
  /** The connection itself, to be inherited by a process that then keeps it open. */
  socket: Socket
  /** Closes it here only, after it was inherited. */
  handOver(): void
}

/** Connects, starting a keeper if there is none. `home` as openDataDirectory gives it. */
export async function openKeeper(home: string, kind: Hello['kind']): Promise<KeeperLink> {
  const until = Date.now() + OPEN_MS
  while (Date.now() < until) {
    const link = await joinKeeper(home, kind)
    if (link) return link
    const started = await startKeeper(home)
    if (!started) await sleep(50) // another one starts or ends just now
  }
  throw new Error(`no keeper could be reached or started for ${home} in ${OPEN_MS / 1000} s; see logs/keeper.log there`)
}

/** undefined when no keeper runs for this directory. */
export async function joinKeeper(home: string, kind: Hello['kind']): Promise<KeeperLink | undefined> {
  const record = readRecord(home)
  if (!record || !isAlive(record.keeper)) return undefined
  const socket = await greeted(record, kind)
  return socket && link(home, socket, record)
}

/** A connection whose hello was accepted. undefined: the keeper is ending, or gone. */
function greeted({ keeper }: ServerRecord, kind: Hello['kind']): Promise<Socket | undefined> {
  const socket = connect({ host: '127.0.0.1', port: keeper.port, timeout: HELLO_MS })
  return new Promise((done) => {
    socket.once('timeout', () => socket.destroy())
    socket.once('error', () => socket.destroy())
    socket.once('close', () => done(undefined))
    socket.once('connect', () => writeLine(socket, { token: keeper.token, kind } satisfies Hello))
    socket.once('data', () => {
      socket.setTimeout(0)
      done(socket)
    })
  })
}

function link(home: string, socket: Socket, { keeper }: ServerRecord): KeeperLink {
  const waiting = new Map<number, { done(answer: Answer): void; failed(error: Error): void }>()
  const closed = new Promise<void>((done) => socket.once('close', () => done()))
  let requests = 0
  let leaving = false
  readLines(socket, (value) => {
    const answer = value as Answer
    waiting.get(answer.id)?.done(answer)
    waiting.delete(answer.id)
  })
  void closed.then(() => {
    for (const { failed } of waiting.values()) failed(new Error('the keeper of the local server is gone'))
  })

  async function ask(request: Request): Promise<Answer & { error?: undefined }> {
    const id = ++requests
    const answer = await new Promise<Answer>((done, failed) => {
      if (socket.destroyed) return failed(new Error('the keeper of the local server is gone'))
      waiting.set(id, { done, failed })
      writeLine(socket, { id, ...request })
    })
    if (answer.error !== undefined) throw new Error(answer.error)
    return answer
  }

  async function leave(): Promise<void> {
    leaving = true
    if (socket.destroyed) return
    writeLine(socket, { id: ++requests, ask: 'leave' })
    await closed
    // The last one out also waits for the process: its exit is what closed the connection.
    for (
      const until = Date.now() + EXIT_MS;
      readRecord(home) === undefined && isAlive(keeper) && Date.now() < until;
    ) {
      await sleep(5)
    }
  }

  return {
    ask,
    leave,
    onLost: (lost) => void closed.then(() => leaving || lost()),
    socket,
    handOver: () => {
      leaving = true
      socket.destroy()
    },
  }
}

/** false: another keeper holds the directory. */
function startKeeper(home: string): Promise<boolean> {
  const main = fileURLToPath(new URL('./keeper-main.js', import.meta.url))
  const log = openSync(logFile(home, 'keeper'), 'a')
  // Its own session, so that Ctrl-C on a terminal is not for it.
  const child = spawn(process.execPath, [main, home], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    env: without(process.env, 'TEMPORAL_', 'ANTHROPIC_'),
    cwd: home,
  })
  closeSync(log)
  return new Promise((done, failed) => {
    child.once('error', failed)
    child.once('message', () => {
      child.disconnect()
      child.unref()
      done(true)
    })
    child.once('exit', (code) => {
      if (code === HELD) done(false)
      else failed(new Error(`the keeper of ${home} ended at its start with ${code}; see logs/keeper.log there`))
    })
  })
}
