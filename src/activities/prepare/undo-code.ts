// A run that takes back what another committed: nothing is asked of a model, so nothing is priced.
import { z } from 'zod'
import type { Root } from '../../contracts/refs.js'
import { contains } from '../../git/code/branch.js'
import { ACCEPTED, type AcceptedRecord, committedBy } from '../code/record.js'
import type { ActivityDeps } from '../deps.js'
import { InputError } from '../input-error.js'
import { refuseElsewhere } from './at-home.js'
import type { Draft } from './draft.js'
import { parseInput } from './parse.js'

const name = z.string().min(1)
const UndoInput = z.strictObject({
  undoOf: z.strictObject({ root: z.strictObject({ workflowId: name, firstRunId: name }), run: name }),
})

export type UndoOf = { root: Root; run: string }

/** The run whose commits are taken back; undefined for any other input. @throws InputError for half of one */
export function undoFrom(input: unknown): UndoOf | undefined {
  if (typeof input !== 'object' || input === null || !('undoOf' in input)) return undefined
  return parseInput(UndoInput, input).undoOf
}

export async function draftUndo(deps: ActivityDeps, { root, run }: UndoOf): Promise<Draft> {
  const { store } = deps
  const committed = (await committedBy(store, root))[run]
  const accepted = (await store.read(root, ACCEPTED)) as AcceptedRecord | undefined
  if (!committed || !accepted || committed.commits.length === 0)
    throw new InputError(`undo: run ${root.workflowId} committed nothing that this machine knows of`)
  refuseElsewhere(deps, accepted.code.host)
  const { top, branch, tip } = committed
  if (!(await contains({ repository: top, branch, commit: tip })))
    throw new InputError(
      `undo: the commits of run ${root.workflowId} are not on ${branch}: wanted a run whose commits are`,
    )
  const nothing = { expectedUsd: 0, worstUsd: 0, inputTokens: 0, outputTokens: 0, basis: 'no model is asked' }
  const { keep, commit, approvers, audit, host } = accepted.code
  return {
    title: `take back ${committed.commits.length} commit${committed.commits.length === 1 ? '' : 's'} of ${root.workflowId}`,
    ...{ calls: [], shared: [], warnings: [], expectedOutput: 0, later: [], texts: 1 },
    settings: {
      ...{ confirm: 'never', concurrency: 1, inlineBytes: 8192, dryRun: false, stream: false },
      ...{ maxRetries: 0, maxWaitSeconds: 0 },
    },
    code: {
      ...{ keep, commit, undo: { root, run } },
      ...(approvers && { approvers }),
      ...(audit !== undefined && { audit }),
      ...(host !== undefined && { host }),
    },
    price: () => nothing,
  }
}
