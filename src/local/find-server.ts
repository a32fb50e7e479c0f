// Which Temporal server a command uses. Four steps, in this order: the one that is configured; ours, if this data
// directory has one up or its database file; one on the usual port of this machine; else one of ours is started. Each
// step says what it found, and when all fail one error lists them.
import { existsSync } from 'node:fs'
import type { Config, TemporalConfig } from '../config/index.js'
import { databaseFile } from './data-directory.js'
import { joinKeeper, type KeeperLink, openKeeper } from './keeper/keeper-link.js'
import type { Hello } from './keeper/keeper-protocol.js'
import { knock, probe } from './probe.js'
import { asList, type Environment, findProgram, NoProgramError, PROGRAM_ADVICE, type Say } from './program/program.js'

const CONFIGURED_MS = 10_000
const USUAL_PORT = 7233
/** A silent listener there costs this much, and on loopback a server answers in milliseconds. */
const USUAL_MS = 1_500

/** No Temporal server can be used or started; the message lists every way tried. Commands exit with 4. */
export class NoServerError extends Error {
  override name = 'NoServerError'
}

export type FoundServer = {
  temporal: TemporalConfig
  /** With a server of ours. */
  ours?: { keeper: KeeperLink; webUrl?: string }
}

export type FindOptions = {
  config: Config
  /** `home` as openDataDirectory gives it. */
  home: string
  kind: Hello['kind']
  /** false: nothing is started that is not up or has no database file yet. */
  start: boolean
  /** 7233; another one in tests, where 7233 is not theirs. */
  usualPort?: number
  env: Environment
  say: Say
}

/** @throws NoServerError */
export async function findServer(options: FindOptions): Promise<FoundServer> {
  const tried: string[] = []
  const steps = [configuredServer, existingServer, usualServer, ...(options.start ? [newServer] : [])]
  for (const step of steps) {
    const found = await step(options, tried)
    if (found) return found
  }
  throw noServer(tried, 'Start one with "ensemble up", or set TEMPORAL_ADDRESS.')
}

function noServer(tried: string[], advice: string): NoServerError {
  return new NoServerError(`no Temporal server is to be had. Tried:\n${asList(tried)}\n${advice}`)
}

type Step = (options: FindOptions, tried: string[]) => Promise<FoundServer | undefined>

/** A configured server is meant: when it cannot be used nothing else is. */
const configuredServer: Step = async ({ config: { temporal }, say }, tried) => {
  if (!temporal) {
    tried.push('TEMPORAL_ADDRESS and temporal.toml: neither names a server')
    return undefined
  }
  const answer = await probe(temporal, CONFIGURED_MS)
  const place = `${temporal.address} (${temporal.source})`
  if (!answer.usable) throw new NoServerError(`the Temporal server at ${place} cannot be used: ${answer.why}`)
  say(`Temporal server: ${place}`)
  return { temporal }
}

const existingServer: Step = async (options, tried) => {
  const { home, kind } = options
  const keeper = await joinKeeper(home, kind)
  if (keeper && (await keeper.ask({ ask: 'status' })).status.address) return ourServer(options, keeper, tried)
  if (existsSync(databaseFile(home))) return ourServer(options, keeper ?? (await openKeeper(home, kind)), tried)
  await keeper?.leave()
  tried.push(`the data directory ${home}: no server is up and there is no database file`)
  return undefined
}

const usualServer: Step = async ({ config: { namespace }, say, usualPort = USUAL_PORT }, tried) => {
  const temporal = { address: `127.0.0.1:${usualPort}`, namespace, source: 'the usual port' }
  if ((await knock(temporal.address, USUAL_MS)) !== 'accepted') {
    tried.push(`${temporal.address}: nothing listens`)
    return undefined
  }
  const answer = await probe(temporal, USUAL_MS)
  if (answer.usable) {
    say(`Temporal server: ${temporal.address} (was running; version ${answer.version})`)
    return { temporal }
  }
  tried.push(`${temporal.address}: ${answer.why}`)
  say(`What answers on ${temporal.address} is passed over: ${answer.why}`)
  return undefined
}

const newServer: Step = async (options, tried) =>
  ourServer(options, await openKeeper(options.home, options.kind), tried)

/** Our server, up or brought up; the way to its program is gone only when it has to be started. */
async function ourServer(options: FindOptions, keeper: KeeperLink, tried: string[]): Promise<FoundServer> {
  const { config, home, say } = options
  const { namespace } = config
  try {
    const isUp = (await keeper.ask({ ask: 'status' })).status.address !== undefined
    const program = isUp ? undefined : await findProgram(say, options.env)
    const { status } = await keeper.ask({ ask: 'server', program, namespace })
    const address = status.address!
    say(`Temporal server: ${address} (${isUp ? 'was up' : 'started'}; data in ${home}; Web UI ${status.webUrl})`)
    return { temporal: { address, namespace, source: home }, ours: { keeper, webUrl: status.webUrl } }
  } catch (error) {
    await keeper.leave()
    if (error instanceof NoProgramError)
      throw noServer([...tried, ...error.ways], `${PROGRAM_ADVICE}, or set TEMPORAL_ADDRESS.`)
    throw new NoServerError(`the Temporal server of ${home} could not be started: ${(error as Error).message}`)
  }
}
