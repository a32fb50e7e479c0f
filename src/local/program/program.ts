// Where the Temporal program comes from, cheapest way first: PATH, the user's cache, the SDK's download, a build with Go.
// What is fetched or built appears in the cache only after it has run, under its final name at once, so a program that
// was half written when somebody pulled the plug is never found; one that got there otherwise is replaced.
import { accessSync, constants, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Lock, tryLock } from '../keeper/lock.js'
import { buildProgram, TEMPORAL_CLI } from './program-build.js'
import { downloadProgram } from './program-download.js'
import { serverVersion } from './program-version.js'

export type Environment = Record<string, string | undefined>

export type Say = (line: string) => void

export const PROGRAM_ADVICE = 'Install the Temporal CLI (https://docs.temporal.io/cli), or Go 1.25 or newer'

/** No way led to a Temporal program; the message lists each way and why it failed. */
export class NoProgramError extends Error {
  override name = 'NoProgramError'
  constructor(readonly ways: string[]) {
    super(`no Temporal server program is to be had. Tried:\n${asList(ways)}\n${PROGRAM_ADVICE}.`)
  }
}

export const asList = (lines: string[]) => lines.map((line) => `  - ${line}`).join('\n')

/** The path of a `temporal` program whose server is new enough. @throws NoProgramError */
export async function findProgram(say: Say, env: Environment = process.env): Promise<string> {
  const onPath = await programOnPath(env)
  if ('path' in onPath) return onPath.path
  const cached = await programInCache(env, say)
  if (cached) return cached
  return makeProgram(env, say, onPath.why)
}

async function programOnPath(env: Environment): Promise<{ path: string } | { why: string }> {
  const path = (env.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((directory) => join(directory, 'temporal'))
    .find(isExecutable)
  if (!path) return { why: 'there is no program "temporal"' }
  try {
    await serverVersion(path)
    return { path }
  } catch (error) {
    return { why: (error as Error).message }
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** The version is in the name, so another version of this package never runs a program it was not tried with. */
function cachePath(env: Environment): string {
  const cache = env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache')
  return join(cache, 'ensemble', `temporal-${TEMPORAL_CLI}`, 'temporal')
}

/** A program counts with the size noted when it was put there: a cut one may well print its version. */
async function programInCache(env: Environment, say: Say): Promise<string | undefined> {
  const path = cachePath(env)
  const bytes = statSync(path, { throwIfNoEntry: false })?.size
  if (bytes === undefined) return undefined
  try {
    if (Number(readFileSync(`${path}.bytes`, 'utf8')) !== bytes) throw new Error(`${path} is incomplete`)
    await serverVersion(path)
    return path
  } catch (error) {
    say(`The cached Temporal program is not used and will be replaced: ${(error as Error).message}`)
    return undefined
  }
}

/** One process makes it, the others wait for that one and use what it made. */
async function makeProgram(env: Environment, say: Say, whyNotPath: string): Promise<string> {
  const path = cachePath(env)
  mkdirSync(dirname(path), { recursive: true })
  const lock = await lockOrProgram(env, say)
  if (typeof lock === 'string') return lock
  const draft = join(dirname(path), 'draft')
  try {
    rmSync(draft, { recursive: true, force: true })
    mkdirSync(draft)
    const made = await downloadOrBuild(draft, env, say, whyNotPath)
    rmSync(`${path}.bytes`, { force: true })
    renameSync(made, path)
    writeFileSync(`${path}.bytes`, String(statSync(path).size))
    return path
  } finally {
    rmSync(draft, { recursive: true, force: true })
    lock.release()
  }
}

async function lockOrProgram(env: Environment, say: Say): Promise<Lock | string> {
  const directory = dirname(cachePath(env))
  for (let tries = 0; ; tries++) {
    const lock = tryLock(directory, 'lock')
    const made = tries > 0 && lock && (await programInCache(env, () => {}))
    if (made) {
      lock.release()
      return made
    }
    if (lock) return lock
    if (tries % 20 === 0) say('Another process is getting the Temporal program; waiting for it')
    await sleep(500)
  }
}

async function downloadOrBuild(draft: string, env: Environment, say: Say, whyNotPath: string): Promise<string> {
  const why = [`PATH: ${whyNotPath}`, `cache: nothing usable at ${cachePath(env)}`]
  const ways = {
    'download by the Temporal SDK': downloadProgram,
    [`go install (temporal ${TEMPORAL_CLI})`]: buildProgram,
  }
  for (const [name, way] of Object.entries(ways)) {
    try {
      const made = await way(draft, env, say)
      await serverVersion(made)
      return made
    } catch (error) {
      why.push(`${name}: ${(error as Error).message}`)
      say(`No Temporal program by ${name}: ${(error as Error).message}`)
    }
  }
  throw new NoProgramError(why)
}
