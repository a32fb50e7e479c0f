// What a rerun, an undo and a run that goes on from this one find under its root: the plan that was accepted, whose work
// is done, and what was committed.
import type { CodeCommit, CodeRunPlan, Piece } from '../../contracts/code.js'
import type { Ref, Root } from '../../contracts/refs.js'
import type { Store } from '../../storage/store.js'

/** The accepted plan. */
export const ACCEPTED = 'code plan'
export type AcceptedRecord = CodeRunPlan

/** `done`: it ended well. */
export const pieceRecord = (agent: string) => `code piece ${agent}`
export type PieceRecord = { pieces: Piece[]; report: Ref; done: boolean }

/** By first run id: a run of the root and its reruns each have their own. Written before the branch moves. */
export const COMMITTED = 'code commits'
export type CommittedRecord = { commits: CodeCommit[]; top: string; branch: string; from: string; tip: string }
export type CommittedRecords = Record<string, CommittedRecord>

export async function committedBy(store: Store, root: Root): Promise<CommittedRecords> {
  return ((await store.read(root, COMMITTED)) as CommittedRecords | undefined) ?? {}
}

export const FINISHED = 'code summary'
export type FinishedRecord = { summary: string }
