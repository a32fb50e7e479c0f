// Everything a command needs, for as long as it needs it: a Temporal server found or started, a worker unless somebody
// hosts one, the simulator when there is no key. A worker that dies is followed by another one, because whoever waits for
// a run would else wait for ever. `stop` ends what is ours; when this process dies instead, its worker drains, and the
// keeper ends the rest.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config, TemporalConfig } from '../config/index.js'
import { openDataDirectory } from './data-directory.js'
import { findServer } from './find-server.js'
import { joinKeeper, type KeeperLink, openKeeper } from './keeper/keeper-link.js'
import type { Environment, Say } from './program/program.js'
import { workerEnvironment } from './worker-environment.js'
import { type LocalWorker, startWorkerProcess } from './worker-process.js'

/** A worker that dies at once must not be started in a tight loop. */
const AGAIN_MS = 1000

export type BringUpOptions = {
  config: Config
  worker: 'always' | 'unless-hosted' | 'never'
  /** For `ensemble up`: its workers serve the other commands of this data directory. */
  host?: boolean
  /** false: only a server that is up or has its database file. */
  start?: boolean
  /** One line about what is done, for stderr. */
  say: Say
  /** Where somebody else's server is looked for; 7233. */
  usualPort?: number
  env?: Environment
  cwd?: string
}

export type Up = {
  address: string
  namespace: string
  /** How to connect, credentials included. */
  temporal: TemporalConfig
  /** The server is that of this data directory. */
  ours: boolean
  /** Known only of a server of ours. */
  webUrl?: string
  /** Set once a worker of ours needs it. */
  readonly simulatorUrl?: string
  workers: LocalWorker[]
  /** An `ensemble up` of this data directory has a worker for this server and queue. */
  isHosted(): Promise<boolean>
  startWorker(): Promise<LocalWorker>
  /** Resolves with the reason when a worker ended and no other one can be started. */
  readonly withoutWorker: Promise<Error>
  stop(): Promise<void>
}

/** @throws NoServerError when no server can be had; Error when the worker or the simulator does not start */
export async function bringUp(options: BringUpOptions): Promise<Up> {
  const room = await LocalRoom.open(options)
  try {
    const wanted = options.worker
    if (wanted === 'always' || (wanted === 'unless-hosted' && !(await room.isHosted()))) await room.startWorker()
    return room
  } catch (error) {
    await room.stop()
    throw error
  }
}

class LocalRoom implements Up {
  readonly workers: LocalWorker[] = []
  simulatorUrl?: string
  private stopping = false
  private replacing: Promise<void> = Promise.resolve()
  private readonly ending = new AbortController()
  private noWorker!: (why: Error) => void
  readonly withoutWorker = new Promise<Error>((done) => {
    this.noWorker = done
  })

  private constructor(
    private readonly options: BringUpOptions,
    private readonly home: string,
    readonly temporal: TemporalConfig,
    readonly ours: boolean,
    readonly webUrl: string | undefined,
    private keeper: KeeperLink | undefined,
  ) {
    if (keeper) this.watch(keeper)
  }

  static async open(options: BringUpOptions): Promise<LocalRoom> {
    const home = openDataDirectory(options.config.home)
    const { config, say, usualPort, env = process.env, start = true } = options
    const kind = options.host ? 'host' : 'user'
    const { temporal, ours } = await findServer({ config, home, kind, start, usualPort, env, say })
    return new LocalRoom(options, home, temporal, ours !== undefined, ours?.webUrl, ours?.keeper)
  }

  get address(): string {
    return this.temporal.address
  }

  get namespace(): string {
    return this.temporal.namespace
  }

  async isHosted(): Promise<boolean> {
    const keeper = this.keeper ?? (await joinKeeper(this.home, 'user'))
    const asked = { ask: 'hosted', address: this.address, taskQueue: this.options.config.taskQueue } as const
    const hosted = (await keeper?.ask(asked))?.hosted ?? false
    if (keeper !== this.keeper) await keeper?.leave()
    return hosted
  }

  async startWorker(): Promise<LocalWorker> {
    const { config, env = process.env, cwd = process.cwd(), host } = this.options
    if (config.model.apiKey === undefined && config.model.baseUrl === undefined) await this.openSimulator()
    const { home, temporal, simulatorUrl } = this
    const keeper = this.keeper && (await joinKeeper(home, 'user'))
    const environment = workerEnvironment({ env, config, home, temporal, simulatorUrl })
    const worker = await startWorkerProcess({ home, env: environment, cwd, keeper })
    this.workers.push(worker)
    void worker.exited.then((how) => {
      this.replacing = this.replacing.then(() => this.workerEnded(worker, how)).catch((error) => this.noWorker(error))
    })
    if (host) await this.announce()
    return worker
  }

  async stop(): Promise<void> {
    this.stopping = true
    this.ending.abort()
    await this.replacing
    await Promise.all(this.workers.map((worker) => worker.stop()))
    await this.keeper?.leave()
  }

  private async openSimulator(): Promise<void> {
    const { status } = await (await this.keeperLink()).ask({ ask: 'simulator' })
    if (this.simulatorUrl === undefined)
      this.options.say(`No API key: the model is the simulator at ${status.simulatorUrl}`)
    this.simulatorUrl = status.simulatorUrl
  }

  /** With somebody else's server there is a keeper only for what else has to be kept. */
  private async keeperLink(): Promise<KeeperLink> {
    if (this.keeper) return this.keeper
    this.keeper = await openKeeper(this.home, this.options.host ? 'host' : 'user')
    this.watch(this.keeper)
    return this.keeper
  }

  private async announce(): Promise<void> {
    const { taskQueue } = this.options.config
    const hosting = { ask: 'hosting', address: this.address, taskQueue } as const
    await (await this.keeperLink()).ask(this.workers.length > 0 ? hosting : { ask: 'not-hosting' })
  }

  private async workerEnded(worker: LocalWorker, { code, signal }: Awaited<LocalWorker['exited']>): Promise<void> {
    this.workers.splice(this.workers.indexOf(worker), 1)
    if (this.stopping) return
    this.options.say(`The worker ended unexpectedly with ${signal ?? code}; starting another one (log: ${worker.log})`)
    if (this.options.host) await this.announce()
    await sleep(AGAIN_MS, undefined, { signal: this.ending.signal }).catch(() => undefined)
    if (!this.stopping) await this.startWorker()
  }

  /** A keeper that was killed left the server running: a new one takes it over, and with it the simulator's address. */
  private watch(keeper: KeeperLink): void {
    keeper.onLost(() => {
      if (!this.stopping)
        this.recover().catch((error) => this.options.say(`The local server is lost: ${error.message}`))
    })
  }

  private async recover(): Promise<void> {
    const { config, say, env = process.env } = this.options
    this.keeper = undefined
    say('The keeper of the local server is gone; starting another one')
    if (this.ours) {
      const found = await findServer({
        config,
        home: this.home,
        kind: this.options.host ? 'host' : 'user',
        start: true,
        env,
        say,
      })
      this.keeper = found.ours?.keeper
      if (this.keeper) this.watch(this.keeper)
      if (found.temporal.address !== this.address)
        throw new Error(`it was at ${this.address}, now it is at ${found.temporal.address}`)
    }
    if (this.simulatorUrl !== undefined) await this.openSimulator()
    if (this.options.host) await this.announce()
  }
}
