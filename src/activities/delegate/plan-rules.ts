// What a plan must keep to before anything is paid for it. A model may plan in circles; these rules, the depth and the
// number of calls are what ends a delegation that never would.
import { createHash } from 'node:crypto'
import { ANSWER_ITEM, INTEGRATE_ITEM, PLAN_ITEM } from '../../contracts/delegate.js'
import { type DelegationAnswer, MAX_PARTS } from '../../contracts/schemas/index.js'

/** `ancestors`: fingerprints of the task itself and of every task above it. `most`: parts there are calls for. */
export type Within = { ancestors: string[]; most: number }

const NAME = /^[a-z0-9][a-z0-9-]{0,23}$/
/** Names of a task's own calls, and of its live text: a part's run is named by the part. */
const TAKEN = [PLAN_ITEM, ANSWER_ITEM, INTEGRATE_ITEM, 'stream']
const FEWEST = 2
const REASONS = 10

/** Equal for tasks that differ in case, white space or punctuation alone. */
export function fingerprint(task: string): string {
  const words = task
    .normalize('NFKC')
    .toLowerCase()
    .match(/[\p{L}\p{M}\p{N}]+/gu)
  return createHash('sha256')
    .update(words === null ? task.trim() : words.join(' '))
    .digest('hex')
}

/** Why a plan is refused, for whoever made it; empty when it is not. A plan without parts but with a reason is none. */
export function faultsOf({ parts, alone }: DelegationAnswer, { ancestors, most }: Within): string[] {
  if (parts.length === 0) return alone?.trim() ? [] : ['it has no parts and does not say why in "alone"']
  const faults: string[] = []
  if (alone?.trim()) faults.push('it has parts and says in "alone" that there should be none')
  const wanted = Math.min(MAX_PARTS, most)
  if (parts.length > wanted) faults.push(`it has ${parts.length} parts; at most ${wanted} can be worked on`)
  if (parts.length < FEWEST) faults.push('a single part is the whole task again; wanted 2 or more, or none and "alone"')
  const ids = new Set<string>()
  const tasks = new Map<string, string>()
  for (const { id, task } of parts) {
    const shown = JSON.stringify(id.slice(0, 40))
    if (!NAME.test(id)) faults.push(`part ${shown}: an id is 1 to 24 of a-z, 0-9 and "-"`)
    else if (TAKEN.includes(id)) faults.push(`part ${shown}: that id is taken; wanted another`)
    else if (ids.has(id)) faults.push(`part ${shown} is there twice`)
    ids.add(id)
    if (task.trim() === '') {
      faults.push(`part ${shown} has an empty task`)
      continue
    }
    if (!task.isWellFormed()) faults.push(`part ${shown}: its task is no text`)
    const print = fingerprint(task)
    const twin = tasks.get(print)
    if (ancestors.includes(print)) faults.push(`part ${shown} is the task itself, or one it is a part of, again`)
    else if (twin !== undefined) faults.push(`part ${shown} has the same task as part ${twin}`)
    tasks.set(print, shown)
  }
  return faults.slice(0, REASONS)
}
