// What every command that talks to a server does first and last: read the configuration, find the server or bring up
// what is missing, connect; afterwards close everything it opened, however it ended.
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { connectTo, type Ensemble } from '../client/ensemble.js'
import { rememberRun, resolveRun } from '../client/last-run.js'
import { type Config, loadConfig, loadSettings, type TemporalConfig } from '../config/index.js'
import { type BringUpOptions, bringUp, type Up } from '../local/index.js'
import { say } from './output.js'

export type Session = {
  config: Config
  ensemble: Ensemble
  up: Up
  /** A run id as typed, `@last` included. */
  runId(given: string): Promise<string>
  /** Where to look at the run in a browser; undefined where the server's Web UI is not known. */
  webLink(id: string): string | undefined
  /** How a person types a command of ours, here. */
  command(rest: string): string
}

export type Needs = Pick<BringUpOptions, 'worker' | 'start' | 'host'> & { program?: string }

/** Looking at runs: the server is brought up from its file, nothing else. */
export const LOOKING: Needs = { worker: 'never', start: false }
/** Runs shall go on: a worker too, unless somebody hosts one. */
export const WORKING: Needs = { worker: 'unless-hosted', start: false }
/** A new run: whatever is missing. */
export const STARTING: Needs = { worker: 'unless-hosted', start: true }

/** Runs `work` and returns its exit code. */
export async function withSession(needs: Needs, work: (session: Session) => Promise<number>): Promise<number> {
  const config = loadConfig()
  await loadSettings() // the worker reads them itself; what is wrong with them is said here, before anything starts
  const { program = programName(), ...bringing } = needs
  const up = await bringUp({ config, say, ...bringing, worker: workerFor(needs, config) })
  try {
    const ensemble = await connectTo(serverOptions(config, up.temporal))
    try {
      return await work({
        config,
        ensemble,
        up,
        runId: (given) => resolveRun(config.home, given),
        webLink: (id) => up.webUrl && `${up.webUrl}/namespaces/${up.namespace}/workflows/${encodeURIComponent(id)}`,
        command: (rest) => `${program} ${rest}`,
      })
    } finally {
      await ensemble.close()
    }
  } finally {
    await up.stop()
  }
}

/** A server somebody set up for us has its own workers: a laptop does not join their queue without being told to. */
function workerFor({ worker }: Needs, { temporal }: Config): Needs['worker'] {
  return worker === 'unless-hosted' && temporal ? 'never' : worker
}

function serverOptions({ home, taskQueue }: Config, { address, namespace, tls, apiKey, metadata }: TemporalConfig) {
  const connection = {
    ...(tls !== undefined && { tls }),
    ...(apiKey !== undefined && { apiKey }),
    ...(metadata !== undefined && { metadata }),
  }
  const onStarted = (id: string) => rememberRun(home, id)
  return { address, namespace, taskQueue, storeDir: join(home, 'store'), connection, onStarted }
}

/** In a checkout people type `npx ensemble`. */
function programName(): string {
  return process.env.npm_command === 'exec' ? 'npx ensemble' : 'ensemble'
}

/** Who answers, unless told: the name of the account, or its number where it has none (often so in containers). */
export function personName(): string {
  try {
    return userInfo().username
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SYSTEM_ERROR') throw error
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
