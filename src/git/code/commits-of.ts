// Which commits on a branch a run made: they say so themselves, in their trailers.
import { git, mustBeId } from './git.js'
import { shown } from './names.js'

export type CommitOfRun = { commit: string; subject: string; agent: string }
export type CommitNote = CommitOfRun & { run: string; reverts: string }

const FIELDS = [
  '%H',
  '%s',
  ...['Ensemble-Agent', 'Ensemble-Run', 'Ensemble-Reverts'].map(
    (key) => `%(trailers:key=${key},valueonly=true,unfold=true,separator=%x2C)`,
  ),
]

/** Since the commit `since`, oldest first. */
export async function commitsOf(
  at: { repository: string; branch: string; run: string; since: string },
  signal?: AbortSignal,
): Promise<CommitOfRun[]> {
  const all = await notesOf(at, signal)
  return all.flatMap(({ commit, subject, agent, run, reverts }) =>
    run === at.run && reverts === '' ? [{ commit, subject, agent }] : [],
  )
}

/** All commits that are on the branch and not in `since`, oldest first. */
export async function notesOf(
  { repository, branch, since }: { repository: string; branch: string; since: string },
  signal?: AbortSignal,
): Promise<CommitNote[]> {
  mustBeId(since)
  const format = `--format=${FIELDS.join('%x00')}%x00`
  const args = [
    'rev-list',
    '--reverse',
    '--topo-order',
    '--no-commit-header',
    format,
    '--end-of-options',
    branch,
    `^${since}`,
  ]
  const place = { repository }
  const { stdout } = await git(place, ['-c', 'trailer.separators=:', ...args], { signal })
  const fields = shown(stdout).split('\0')
  const found: CommitNote[] = []
  for (let at = 0; at + FIELDS.length < fields.length; at += FIELDS.length) {
    const [commit = '', subject = '', agent = '', run = '', reverts = ''] = fields.slice(at, at + FIELDS.length)
    found.push({ commit: commit.trim(), subject, agent: agent.trim(), run: run.trim(), reverts: reverts.trim() })
  }
  return found
}
