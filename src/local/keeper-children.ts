// What a keeper keeps: a Temporal server that is started on request, started again when it dies, and taken over when an
// earlier keeper was killed and left it running; and a simulator, shared so that two runs share one prompt cache.
import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  databaseFile,
  lastPorts,
  readRecord,
  rememberPorts,
  type ServerPorts,
  type ServerRecord,
} from './data-directory.js'
import type { Status } from './keeper-protocol.js'
import { endProcess, serversOn } from './leftover.js'
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.js'
import { ensureNamespace, isServing } from './server-http.js'
import { startSimulator } from './simulator-process.js'
import { startServer } from './temporal-server.js'

/** Between the death of a server and the start of the next, so that one that cannot live does not spin. */
const RESTART_MS = 1_000
/** A server that lived shorter than this is not started a second time by itself. */
const SOUND_MS = 10_000

type Kept = Omit<ServerRecord, 'keeper'>

export type Children = {
  status(): Status
  /** Resolves when it answers and has the namespace. */
  server(program: string, namespace: string): Promise<void>
  simulator(): Promise<void>
  end(): Promise<void>
}

/** `record` is called with every change. */
export async function openChildren(home: string, record: (kept: Kept) => void): Promise<Children> {
  let kept: Kept = await leftoverServer(home)
  let last: Promise<void> = Promise.resolve()
  let simulator: ChildProcess | undefined
  let ending = false
  const note = (change: Kept) => {
    kept = { ...kept, ...change }
    record(kept)
  }
  note({})

  async function start(program: string, namespace: string): Promise<void> {
    for (const other of serversOn(databaseFile(home))) await endProcess(other)
    const began = Date.now()
    const started = (child: ChildProcess) => child.pid && note({ server: identityOf(child.pid) })
    const { child, address, webUrl } = await startServer({ home, program, namespace, started })
    note({ address, webUrl })
    child.once('exit', () => {
      note({ address: undefined, webUrl: undefined, server: undefined })
      if (!ending && Date.now() - began > SOUND_MS) inTurn(() => restart(program, namespace)).catch(console.error)
    })
  }

  async function restart(program: string, namespace: string): Promise<void> {
    console.error(`${new Date().toISOString()} the Temporal server died; starting it again`)
    await sleep(RESTART_MS)
    if (!ending && !kept.address) await start(program, namespace)
  }

  /** One thing at a time happens to the server. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    const turn = last.then(work)
    last = turn.catch(() => {})
    return turn
  }

  async function server(program: string, namespace: string): Promise<void> {
    if (!kept.address || !kept.server || !isAlive(kept.server)) await start(program, namespace)
    await ensureNamespace({ program, namespace, ports: lastPorts(home) as ServerPorts })
  }

  let startingSimulator: Promise<void> | undefined
  async function openSimulator(): Promise<void> {
    const { url, child } = await startSimulator({ home, port: lastPorts(home).simulator })
    simulator = child
    rememberPorts(home, { simulator: Number(new URL(url).port) })
    note({ simulatorUrl: url })
    child.once('exit', () => {
      note({ simulatorUrl: undefined })
      startingSimulator = undefined
    })
  }

  async function end(): Promise<void> {
    ending = true
    simulator?.disconnect()
    await last
    await Promise.all([...serversOn(databaseFile(home)), ...ownIdentity(simulator)].map(endProcess))
  }

  return {
    status: () => ({ address: kept.address, webUrl: kept.webUrl, simulatorUrl: kept.simulatorUrl }),
    server: (program, namespace) => inTurn(() => server(program, namespace)),
    simulator: () => {
      startingSimulator ??= openSimulator().catch((error) => {
        startingSimulator = undefined
        throw error
      })
      return startingSimulator
    },
    end,
  }
}

const ownIdentity = (child?: ChildProcess): ProcessIdentity[] =>
  child?.pid ? [identityOf(child.pid) ?? []].flat() : []

/** A server that an earlier keeper left running is used on if it is sound, else ended. */
async function leftoverServer(home: string): Promise<Kept> {
  const running = serversOn(databaseFile(home))
  const { address, webUrl, server } = readRecord(home) ?? {}
  const [only] = running
  const { http } = lastPorts(home)
  const isSound =
    running.length === 1 && only?.pid === server?.pid && address && http && (await isServing(http, 'default'))
  if (isSound) return { address, webUrl, server }
  for (const other of running) await endProcess(other)
  return {}
}
