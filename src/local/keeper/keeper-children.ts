// What a keeper keeps: a Temporal server that is started on request, and taken over when an earlier keeper was killed and
// left it running; and a simulator, shared so that two runs share one prompt cache. Both are started again when they die.
import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  databaseFile,
  lastPorts,
  readRecord,
  rememberPorts,
  type ServerPorts,
  type ServerRecord,
} from '../data-directory.js'
import { identityOf, isAlive, type ProcessIdentity } from '../process-identity.js'
import { ensureNamespace, isServing } from '../server-http.js'
import { startSimulator } from '../simulator-process.js'
import { startServer } from '../temporal-server.js'
import type { Status } from './keeper-protocol.js'
import { endProcess, serversOn } from './leftover.js'

/** Between the death of a server and the start of the next, so that one that cannot live does not spin. */
const RESTART_MS = 1_000
/** So often in a row; a server that then lived for a minute counts as sound again. */
const RESTARTS = 5
const SOUND_MS = 60_000

type Kept = Omit<ServerRecord, 'keeper'>

export type Children = {
  status(): Status
  /** Resolves when it answers and has the namespace. */
  server(program: string | undefined, namespace: string): Promise<void>
  simulator(): Promise<void>
  end(): Promise<void>
}

/** `record` is called with every change. */
export async function openChildren(home: string, record: (kept: Kept) => void): Promise<Children> {
  let kept: Kept = await leftoverServer(home)
  let last: Promise<void> = Promise.resolve()
  let simulator: ChildProcess | undefined
  let ending = false
  let deaths = 0
  let simulatorDeaths = 0
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
    note({ address, webUrl, program })
    child.once('exit', () => {
      note({ address: undefined, webUrl: undefined, server: undefined })
      deaths = Date.now() - began > SOUND_MS ? 1 : deaths + 1
      if (!ending && deaths <= RESTARTS) inTurn(() => restart(program, namespace)).catch(console.error)
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

  async function server(given: string | undefined, namespace: string): Promise<void> {
    const program = given ?? kept.program
    if (!program) throw new Error('no Temporal program was named to start the server with')
    if (!kept.address || !kept.server || !isAlive(kept.server)) await start(program, namespace)
    await ensureNamespace({ program, namespace, ports: lastPorts(home) as ServerPorts })
  }

  let startingSimulator: Promise<void> | undefined
  async function openSimulator(): Promise<void> {
    const began = Date.now()
    const { url, child } = await startSimulator({ home, port: lastPorts(home).simulator })
    simulator = child
    rememberPorts(home, { simulator: Number(new URL(url).port) })
    note({ simulatorUrl: url })
    child.once('exit', () => {
      note({ simulatorUrl: undefined })
      startingSimulator = undefined
      simulatorDeaths = Date.now() - began > SOUND_MS ? 1 : simulatorDeaths + 1
      if (ending || simulatorDeaths > RESTARTS) return
      console.error(`${new Date().toISOString()} the simulator died; starting it again`)
      openedSimulator().catch(console.error) // at its address, where workers go on asking
    })
  }

  function openedSimulator(): Promise<void> {
    startingSimulator ??= openSimulator().catch((error) => {
      startingSimulator = undefined
      throw error
    })
    return startingSimulator
  }

  async function end(): Promise<void> {
    ending = true
    if (simulator?.connected) simulator.disconnect()
    await last
    await Promise.all([...serversOn(databaseFile(home)), ...ownIdentity(simulator)].map(endProcess))
  }

  return {
    status: () => ({ address: kept.address, webUrl: kept.webUrl, simulatorUrl: kept.simulatorUrl }),
    server: (program, namespace) => inTurn(() => server(program, namespace)),
    simulator: openedSimulator,
    end,
  }
}

const ownIdentity = (child?: ChildProcess): ProcessIdentity[] =>
  child?.pid ? [identityOf(child.pid) ?? []].flat() : []

/** A server that an earlier keeper left running is used on if it is sound, else ended. */
async function leftoverServer(home: string): Promise<Kept> {
  const running = serversOn(databaseFile(home))
  const { address, webUrl, server, program } = readRecord(home) ?? {}
  const [only] = running
  const { http } = lastPorts(home)
  const isSound =
    running.length === 1 && only?.pid === server?.pid && address && http && (await isServing(http, 'default'))
  if (isSound) return { address, webUrl, server, program }
  for (const other of running) await endProcess(other)
  return {}
}
