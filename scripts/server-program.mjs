// The Temporal server and its schema tool as a production runs them, built once from their module into the user's cache.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { oneAtATime } from './one-at-a-time.mjs'
import { Failed } from './run.mjs'

const VERSION = '1.29.1'
const BUILD_MS = 30 * 60_000

/** A directory with `temporal-server` and `temporal-sql-tool`. Minutes the first time; `dist` must be built. */
export async function serverPrograms(root) {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ensemble', `temporal-server-${VERSION}`)
  const directory = join(cache, 'bin')
  await oneAtATime(cache, async () => {
    if (!existsSync(directory)) await build(root, cache, directory)
  })
  return directory
}

/** Under its final name only when whole. */
async function build(root, cache, directory) {
  const { longCommand } = await import(pathToFileURL(join(root, 'dist/local/program/long-command.js')).href)
  const draft = join(cache, 'draft')
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(draft, { recursive: true })
  console.error(`Building the Temporal server ${VERSION} (once; takes a few minutes)`)
  const sources = ['server', 'tools/sql'].map((name) => `go.temporal.io/server/cmd/${name}@v${VERSION}`)
  try {
    await longCommand('go', ['install', '-ldflags=-s -w', ...sources], {
      env: { ...process.env, GOBIN: draft, GOFLAGS: '' },
      say: (line) => console.error(line),
      working: 'Still building the Temporal server',
      timeoutMs: BUILD_MS,
    })
  } catch (error) {
    throw new Failed(`test:cluster cannot build the Temporal server: ${error.message}; wanted: Go 1.25 or newer`, 1)
  }
  renameSync(join(draft, 'server'), join(draft, 'temporal-server'))
  renameSync(join(draft, 'sql'), join(draft, 'temporal-sql-tool'))
  renameSync(draft, directory)
}
