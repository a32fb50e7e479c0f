// The Messages API on loopback: what runs when there is no API key, and what tests and benches script. Whatever it
// answers is labelled SIMULATED, and every response says so in the header `x-model-server`.

import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JournalSnapshot } from './journal.js'
import type { Latency } from './latency.js'
import { loadPrograms } from './programmer/program.js'
import { parseRules, type RuleInput } from './rules.js'
import { handle } from './server.js'
import { newState, replaceRules } from './state.js'

export type { JournalSnapshot } from './journal.js'
export type { RuleInput } from './rules.js'

export type SimulatorOptions = {
  /** 0 (default): any free one. */
  port?: number
  /** Default 127.0.0.1. Anywhere else whoever reaches it can use it: any key is good. */
  host?: string
  /** `none` (default here): everything at once. `real`: the pace of each model. */
  latency?: Latency
  /** For rules with a probability. */
  seed?: number
  rules?: RuleInput[]
  /** A directory of what the simulated programmers do; without one they write placeholders. */
  programs?: string
  /** Milliseconds since 1970; for cache lifetimes, rate limits and the models' last days. */
  now?: () => number
}

export type Simulator = {
  /** What to give an SDK as its base URL. */
  url: string
  journal(): JournalSnapshot
  resetJournal(): void
  /** Replaces the rules and empties the limits' buckets. Throws one line naming what is wrong with which rule. */
  setRules(rules: RuleInput[]): void
  /** Breaks every connection and frees the port. */
  close(): Promise<void>
}

/** Longer than any client keeps an idle connection, so that none is closed under a request. */
const KEEP_ALIVE_MS = 75_000

/** Throws for a bad rule or program; rejects when the port is taken. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { port = 0, host = '127.0.0.1', latency = 'none', seed = 1, now = Date.now } = options
  const programs = options.programs === undefined ? [] : loadPrograms(options.programs)
  const state = newState({ now, latency, seed, rules: parseRules(options.rules ?? []), programs })
  const mark = randomBytes(6).toString('hex')
  let count = 0
  const server = createServer(
    { noDelay: true, keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 },
    (request, response) => {
      void handle(state, request, response, `req_sim${mark}${(++count).toString(36).padStart(6, '0')}`)
    },
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve())
  })
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    journal: () => state.journal.snapshot(),
    resetJournal: () => state.journal.reset(),
    setRules: (rules) => replaceRules(state, parseRules(rules)),
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        server.closeAllConnections()
      }),
  }
}
