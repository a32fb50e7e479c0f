// What a run that goes on from an earlier one tells its planner: that run's plan, its report and its commits.
import type { CodePlan } from '../../contracts/code.js'
import type { Store } from '../../storage/store.js'
import { InputError } from '../input-error.js'
import { headOf } from '../texts.js'
import { ACCEPTED, type AcceptedRecord, FINISHED, type FinishedRecord } from './record.js'

const MOST_CHARACTERS = 20_000

/** @param run its id. Throws InputError. */
export async function earlierRun(store: Store, run: string): Promise<string> {
  const roots = (await store.roots()).filter(({ workflowId }) => workflowId === run)
  for (const root of roots) {
    const accepted = (await store.read(root, ACCEPTED)) as AcceptedRecord | undefined
    const work = accepted?.code.work
    if (work === undefined) continue
    const plan = JSON.parse(await store.text(work.plan)) as CodePlan
    const finished = (await store.read(root, FINISHED)) as FinishedRecord | undefined
    const parts = [`Run ${run}`, finished?.summary ?? 'It did not come to its end.', JSON.stringify(plan, null, 1)]
    return headOf(parts.join('\n\n'), MOST_CHARACTERS)
  }
  throw new InputError(`after: ${JSON.stringify(run.slice(0, 200))} is no coding run whose plan is kept here`)
}
