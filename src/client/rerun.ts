// A rerun is a new run of what is not ok in an old one; every other paid answer is used again. It carries the original
// run's root along, however many reruns lie between, because answers are kept under that.
import type { RerunOf } from '../contracts/plan.js'
import type { Confirm } from '../contracts/schemas/index.js'
import { checkWorkflow } from './check-input.js'
import { InvalidInputError } from './errors.js'
import { runFacts } from './facts.js'
import { checkRunId, newRunId } from './run-id.js'
import type { Server } from './server.js'
import { startRun } from './start.js'

/**
 * `items`: ids to ask instead of those that are not ok. `fresh`: use no earlier answer. `confirm`, `budgetUsd`: instead of the run's.
 * `stream`: its texts can be read while they arrive. `note`: of a coding run, what the agents of `items` are to change.
 */
export type RerunOptions = {
  items?: string[]
  fresh?: boolean
  confirm?: Confirm
  budgetUsd?: number
  stream?: boolean
  note?: string
  id?: string
}

/** Returns the new run's id. Throws InvalidInputError while the old run is open. */
export async function rerun(server: Server, of: string, options: RerunOptions = {}): Promise<string> {
  const facts = await runFacts(server, of)
  const workflow = checkWorkflow(facts.workflow)
  if (workflow === 'thread') throw new InvalidInputError(`"${of}" is a thread: a fork goes on from any of its turns`)
  if (facts.partOf !== undefined) {
    throw new InvalidInputError(
      `run "${of}" is a part of run "${facts.partOf}": wanted that one (--item names a part to ask anew)`,
    )
  }
  if (facts.open) {
    throw new InvalidInputError(`run "${of}" is still ${facts.status}: wanted a run that is over (interrupt it first)`)
  }
  const { items, fresh, confirm, budgetUsd, stream, note } = options
  if (note !== undefined && (workflow !== 'code' || !items))
    throw new InvalidInputError('note: wanted only for agents of a coding run, named by items')
  if (items?.length === 0) throw new InvalidInputError('items: got none; wanted ids of items, or no list')
  const rerunOf: RerunOf = {
    root: facts.rerunOf?.root ?? { workflowId: of, firstRunId: facts.firstRunId },
    run: facts.firstRunId,
    ...(items && { items }),
    ...(fresh && { fresh }),
    ...(confirm !== undefined && { confirm }),
    ...(budgetUsd !== undefined && { budgetUsd }),
    ...(stream && { stream }),
    ...(note !== undefined && { note }),
  }
  const id = options.id === undefined ? newRunId(workflow) : checkRunId(options.id)
  await startRun(server, { workflow, id, argument: { rerunOf }, summary: `${workflow} · rerun of ${of}`, rerunOf })
  return id
}
