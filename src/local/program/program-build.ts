// Without internet beyond the package registries the program can still be built: Go fetches its source as modules.
import { join } from 'node:path'
import { longCommand } from './long-command.js'

/** The newest version that `go install` takes: later ones hold a `replace`, which it refuses. Server 1.29.1. */
export const TEMPORAL_CLI = '1.5.1'

const OLDEST_GO = 25
const BUILD_MS = 30 * 60_000

type Environment = Record<string, string | undefined>

/** Builds into `directory`; minutes the first time, seconds with Go's caches. */
export async function buildProgram(directory: string, env: Environment, say: (line: string) => void): Promise<string> {
  const version = await longCommand('go', ['env', 'GOVERSION'], { env, say, working: 'Asking Go', timeoutMs: 30_000 })
  const minor = Number(/^go1\.(\d+)/.exec(version)?.[1])
  if (!(minor >= OLDEST_GO))
    throw new Error(`found ${version || 'Go of an unknown version'}; wanted 1.${OLDEST_GO} or newer`)
  say(`Building the Temporal server ${TEMPORAL_CLI} with ${version} (once; takes a few minutes)`)
  const source = `github.com/temporalio/cli/cmd/temporal@v${TEMPORAL_CLI}`
  await longCommand('go', ['install', '-ldflags=-s -w', source], {
    env: { ...env, GOBIN: directory, GOFLAGS: '' },
    say,
    working: 'Still building the Temporal server',
    timeoutMs: BUILD_MS,
  })
  return join(directory, 'temporal')
}
