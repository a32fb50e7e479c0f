// How git is called here: hooks, signing and upkeep off, names as bytes, whatever fails in one line. A lock another git
// holds is waited for, for a while: it is held for moments, and one that stays belongs to a git that was killed.
import { setTimeout as sleep } from 'node:timers/promises'
import { runGit } from '../run-git.js'
import { shown } from './names.js'
import { RepositoryError } from './repository-error.js'

/** `repository`: a directory in it, unless `variables` say otherwise. */
export type Place = { repository: string; variables?: Record<string, string> }
/** `ok`: exit codes that are answers. `ownHooks`: the repository's own hooks and signing run. */
export type Call = {
  signal?: AbortSignal
  input?: string | Buffer
  ok?: number[]
  patienceMs?: number
  ownHooks?: boolean
}

export const PATIENCE_MS = 10_000
const LOOK_AGAIN_MS = 50
const HELD = /Unable to create '([^\n]+\.lock)': File exists/

const QUIET = [
  'gc.auto=0',
  'maintenance.auto=false',
  'core.quotePath=false',
  'core.splitIndex=false',
  'index.sparse=false',
]
const NO_PROGRAMS = ['core.hooksPath=/dev/null', 'commit.gpgSign=false', 'log.showSignature=false']

/**
 * Standard output with a character for each byte.
 * @throws RepositoryError when the exit code is no answer, or a lock stays; on abort
 */
export async function git(place: Place, args: string[], call: Call = {}): Promise<{ code: number; stdout: string }> {
  const settings = [...QUIET, ...(call.ownHooks ? [] : NO_PROGRAMS)].flatMap((one) => ['-c', one])
  const { input, signal, ok = [0], patienceMs = PATIENCE_MS } = call
  const until = Date.now() + patienceMs
  for (;;) {
    const { variables } = place
    const done = await runGit([...settings, ...args], place.repository, signal, {
      variables,
      input,
      encoding: 'latin1',
    })
    if (ok.includes(done.code)) return done
    const lock = HELD.exec(done.stderr)?.[1]
    if (lock === undefined) throw failed(place, args, done)
    if (Date.now() >= until) throw new RepositoryError(lockMessage(shown(lock)))
    await sleep(LOOK_AGAIN_MS, undefined, { signal })
  }
}

/** What it answers with, without the end of the line. */
export async function gitText(place: Place, args: string[], call?: Call): Promise<string> {
  return shown((await git(place, args, call)).stdout).replace(/\r?\n$/, '')
}

export const lockMessage = (file: string) =>
  `${file} exists: another git is at work there, or was killed; wait for it, or remove the file`

function failed(place: Place, args: string[], { code, stderr }: { code: number; stderr: string }): RepositoryError {
  const said = shown(stderr)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(hint|warning):/.test(line))
  const command = args.find((arg) => !arg.startsWith('-'))
  return new RepositoryError(`git ${command} in ${place.repository}: ${said.join('; ') || `exit code ${code}`}`)
}

/** @throws RepositoryError unless it is a whole object id, which no option and no expression is */
export function mustBeId(...ids: string[]): void {
  for (const id of ids)
    if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(id))
      throw new RepositoryError(`${JSON.stringify(id)} is no commit: wanted its whole id`)
}
