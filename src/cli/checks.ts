// The checks of `doctor` that need no server: each says what it found, and when that is not good, what is wanted.
import { execFileSync } from 'node:child_process'
import { accessSync, constants, mkdirSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Config } from '../config/index.js'

/** `note`: works, but a person may want to know. */
export type Check = { name: string; state: 'good' | 'note' | 'bad'; found: string }

const OLDEST_NODE = [20, 19] as const
const LOW_DISK_BYTES = 1e9 // a server's database and the store grow; below this a long run may not end

export function nodeCheck(version: string = process.versions.node): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const enough = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])
  if (enough) return { name: 'node', state: 'good', found: version }
  return { name: 'node', state: 'bad', found: `${version}; wanted ${OLDEST_NODE.join('.')} or newer` }
}

export function gitCheck(): Check {
  try {
    return { name: 'git', state: 'good', found: execFileSync('git', ['--version'], { encoding: 'utf8' }).trim() }
  } catch (error) {
    return { name: 'git', state: 'bad', found: `cannot be run: ${(error as Error).message.split('\n')[0]}` }
  }
}

/** Names where the key is, never the key. */
export function modelCheck({ apiKey, source, baseUrl }: Config['model']): Check {
  const at = baseUrl ? ` at ${baseUrl}` : ''
  if (apiKey !== undefined) return { name: 'model', state: 'good', found: `the API${at}, with the key of ${source}` }
  if (baseUrl) return { name: 'model', state: 'note', found: `no key; the server${at}` }
  const wanted = 'ANTHROPIC_API_KEY, ANTHROPIC_API_KEY.txt or API_CREDENTIALS.json here or in ~/.config/ensemble'
  return { name: 'model', state: 'note', found: `no key: the simulator; for the real API: ${wanted}` }
}

export function storageCheck(home: string): Check {
  try {
    mkdirSync(home, { recursive: true })
    accessSync(home, constants.W_OK)
    return { name: 'storage', state: 'good', found: `${home} is writable` }
  } catch (error) {
    return { name: 'storage', state: 'bad', found: `${home} is not writable: ${(error as Error).message}` }
  }
}

export function diskCheck(home: string): Check {
  const free = freeBytes(home)
  const found = `${(free / 1e9).toFixed(1)} GB free`
  return free < LOW_DISK_BYTES
    ? { name: 'disk', state: 'bad', found: `${found}; wanted 1 GB or more` }
    : { name: 'disk', state: 'good', found }
}

/** Of the nearest directory that is there. */
function freeBytes(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path)
    return bavail * bsize
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error
    return freeBytes(dirname(path))
  }
}
