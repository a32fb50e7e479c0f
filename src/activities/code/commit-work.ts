// The commits, one of each agent, built beside the branch; then the branch moves to the last of them in one step, or does
// not. A repeat after a crash finds its own. Where the branch had moved, the same changes are made on its new end.
import type { CodeCommit, CommittedWork, CommitWorkRequest } from '../../contracts/code.js'
import { contains, moveBranch, notesOf } from '../../git/code/branch.js'
import { buildCommits } from '../../git/code/commits.js'
import { RepositoryError } from '../../git/code/repository-error.js'
import { addWorktree, removeWorktree } from '../../git/code/worktree.js'
import type { CallDeps } from '../call/deps.js'
import { digestOf } from '../digest.js'
import { readableStorageErrors } from '../storage-errors.js'
import { keptCode, placeOf, refOf } from './keep.js'
import type { PlannedCommit } from './planned-commits.js'
import { COMMITTED, type CommittedRecord, type CommittedRecords, committedBy } from './record.js'

/** How often the branch may move while commits are built. */
const MOVES = 5
const SHOWN_LINES = 60

export function createCommitWork({ store }: CallDeps) {
  return async function commitWork(request: CommitWorkRequest): Promise<CommittedWork> {
    const { root, run, keep, commits, base, at } = request
    return readableStorageErrors(() =>
      orBlocked(store, request, async () => {
        const planned = JSON.parse(await store.text(commits)) as PlannedCommit[]
        const { repository, identity, options } = await keptCode(store, keep)
        const { top, branch } = repository
        const records = await committedBy(store, root)
        const own = records[run.firstRunId]
        if (own && (await contains({ repository: top, branch, commit: own.tip }))) {
          // After a crash: the files of whoever has the branch checked out follow it.
          await moveBranch({ repository: top, branch, from: own.from, to: own.tip })
          return inLog(own, base)
        }
        const hooks = options.hooks ? await placeOf(store, request, 'commits', 1) : undefined
        if (hooks !== undefined) await addWorktree({ repository: top, path: hooks, commit: base })
        try {
          let onto = base
          for (let moves = 0; moves < MOVES; moves++) {
            const built = await buildCommits({
              ...{ repository: top, onto, plans: planned, ref: refOf(root, 'commits'), date: at, identity },
              ...(hooks !== undefined && { hooks }),
            })
            if (built.kind === 'conflict')
              return blocked(
                `the branch has moved, and ${of(planned, built.plan)} conflicts: ${built.files.join(', ')}`,
                built.text,
              )
            if (built.kind === 'hook')
              return blocked(`a hook of the repository refused ${of(planned, built.commit)}`, built.output)
            const done = built.commits.map((one) => named(one, planned))
            const record: CommittedRecord = { commits: done, top, branch, from: onto, tip: built.tip }
            // Before the branch moves: after a crash in between, a repeat knows what it was about to do.
            await store.note(root, COMMITTED, { ...records, [run.firstRunId]: record } satisfies CommittedRecords)
            const end = await moveBranch({ repository: top, branch, from: onto, to: built.tip })
            if (end.kind === 'moved') return inLog(record, base)
            if (end.kind === 'blocked') return blocked(end.why, end.files.join('\n'))
            onto = end.tip
          }
          return blocked('the branch moves faster than commits can be built on it', '')
        } finally {
          if (hooks !== undefined) await removeWorktree({ repository: top, path: hooks })
        }
      }),
    )
  }
}

/** What git refuses a person may clear, a lock that was left or a full disk: the work is done and paid for. */
async function orBlocked(
  store: CallDeps['store'],
  { root, run }: CommitWorkRequest,
  work: () => Promise<CommittedWork>,
): Promise<CommittedWork> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof RepositoryError)) throw error
    const own = (await committedBy(store, root))[run.firstRunId]
    // It is on the branch already: nobody can leave it any more, what is left to do is tried again.
    const isThere = own && (await contains({ repository: own.top, branch: own.branch, commit: own.tip }))
    if (isThere) throw new Error(error.message, { cause: error })
    return blocked(error.message, '')
  }
}

/** What is said to be committed is looked up in the log. */
async function inLog({ top, branch, from, commits }: CommittedRecord, base: string): Promise<CommittedWork> {
  // By their ids: a hook may have written into a message what makes its trailers none.
  const log = await notesOf({ repository: top, branch, since: from })
  const missing = commits.filter(({ commit }) => !log.some((one) => one.commit === commit))
  if (missing.length > 0)
    throw new Error(`the log of ${branch} lacks ${missing.map(({ commit }) => commit).join(', ')}`)
  return { kind: 'committed', commits, ...(from !== base && { rebased: from }) }
}

const of = (planned: PlannedCommit[], index: number) => planned[index]?.agent ?? 'a commit'

type BuiltCommit = { commit: string; files: string[]; plan: number }

function named({ commit, files, plan }: BuiltCommit, planned: PlannedCommit[]): CodeCommit {
  const { agent = '', message = '' } = planned[plan] ?? {}
  return { commit, files, agent, subject: message.split('\n')[0] ?? '' }
}

export function blocked(problem: string, text: string): Extract<CommittedWork, { kind: 'blocked' }> {
  const lines = text.split('\n').filter((line, index, all) => line !== '' || index < all.length - 1)
  const more = lines.length - SHOWN_LINES
  return {
    ...{ kind: 'blocked', problem, digest: digestOf(['conflict', problem, text]) },
    lines: more > 0 ? [...lines.slice(0, SHOWN_LINES), `… and ${more} lines more`] : lines,
  }
}
