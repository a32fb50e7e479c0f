// Commands that use the local room, each a real process with a room of its own to look into: who runs there, and whether
// anything is left when all are gone. Nothing of the machine's own configuration reaches them.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { inject } from 'vitest'
import type { BringUpOptions } from '../../src/local/index.js'
import { freePort } from './ports.js'
import { until } from './until.js'

export type Seen = {
  address: string
  ours: boolean
  webUrl?: string
  simulatorUrl?: string
  workers: number[]
  error?: string
  name?: string
}

export class LocalUser {
  readonly said: string[] = []
  private readonly lines: AsyncIterator<string>
  private constructor(readonly child: ChildProcess) {
    this.lines = (createInterface({ input: child.stdout! }) as Interface)[Symbol.asyncIterator]()
    createInterface({ input: child.stderr! }).on('line', (line) => this.said.push(line))
  }

  static start(room: LocalTestRoom, home: string, options: Partial<BringUpOptions>, env: NodeJS.ProcessEnv = {}) {
    const main = fileURLToPath(new URL('../system/local-user.mjs', import.meta.url))
    const given = JSON.stringify({ worker: 'never', usualPort: room.usualPort, ...options })
    const child = spawn(process.execPath, [main, given], {
      cwd: room.path,
      stdio: 'pipe',
      env: { PATH: room.searchPath, HOME: room.path, ENSEMBLE_HOME: home, ...env },
    })
    return new LocalUser(child)
  }

  /** What it prints next. */
  async seen(): Promise<Seen> {
    const { value, done } = await this.lines.next()
    if (done) throw new Error(`it printed nothing and said:\n${this.said.join('\n')}`)
    return JSON.parse(value)
  }

  async tell(line: 'worker' | 'look'): Promise<Seen> {
    this.child.stdin!.write(`${line}\n`)
    return this.seen()
  }

  /** Resolves with the exit code. */
  async stop(): Promise<number | null> {
    this.child.stdin!.write('stop\n')
    return this.exited()
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.exited()
  }

  private async exited(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      await new Promise((done) => this.child.once('exit', done))
    }
    return this.child.exitCode
  }
}

/** What tells from a command line which of ours it is. */
const RUNS = {
  server: 'start-dev',
  keeper: 'keeper-main.js',
  worker: 'workers/main.js',
  simulator: 'simulator/main.js',
}

/** A directory for data directories, and every process that was started for one of them. */
export class LocalTestRoom {
  private constructor(
    readonly path: string,
    /** Nothing listens there. */
    readonly usualPort: number,
  ) {}

  static async open(): Promise<LocalTestRoom> {
    const path = realpathSync(mkdtempSync(join(tmpdir(), 'ensemble-local-')))
    mkdirSync(join(path, 'bin'))
    symlinkSync(inject('temporalProgram'), join(path, 'bin', 'temporal'))
    return new LocalTestRoom(path, await freePort())
  }

  get searchPath(): string {
    return [join(this.path, 'bin'), process.env.PATH].join(delimiter)
  }

  home(name = 'home'): string {
    return join(this.path, name)
  }

  /** Process ids by what runs: those with this room on their command line or in their environment. */
  processes(): Record<keyof typeof RUNS, number[]> {
    const found: ReturnType<LocalTestRoom['processes']> = { server: [], keeper: [], worker: [], simulator: [] }
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const args = text(`/proc/${pid}/cmdline`)
      const [kind] = Object.entries(RUNS).find(([, part]) => args.includes(part)) ?? []
      if (kind === undefined || !(args.includes(this.path) || text(`/proc/${pid}/environ`).includes(this.path)))
        continue
      found[kind as keyof typeof RUNS].push(Number(pid))
    }
    return found
  }

  count(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.processes()).map(([name, pids]) => [name, pids.length]))
  }

  async untilEmpty(): Promise<void> {
    const isEmpty = () => Object.values(this.count()).every((number) => number === 0)
    await until(`nothing left running for ${this.path}`, isEmpty, 60)
  }

  /** After a test: ends what a failed one left. */
  close(): void {
    for (const pid of Object.values(this.processes()).flat()) process.kill(pid, 'SIGKILL')
    rmSync(this.path, { recursive: true, force: true, maxRetries: 10 })
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // ended just now, or not ours to read
  }
}
