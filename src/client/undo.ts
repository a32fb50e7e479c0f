// Taking back what a coding run committed is a run of its own: it finds the commits under the old run's root.
import { InvalidInputError } from './errors.js'
import { runFacts } from './facts.js'
import { newRunId } from './run-id.js'
import type { Server } from './server.js'
import { startRun } from './start.js'

/** @returns the new run's id. Throws InvalidInputError for a run that is open, or no coding run. */
export async function undo(server: Server, of: string): Promise<string> {
  const facts = await runFacts(server, of)
  if (facts.workflow !== 'code')
    throw new InvalidInputError(`"${of}" is a run of ${facts.workflow}: wanted one of code`)
  if (facts.open)
    throw new InvalidInputError(`run "${of}" is still ${facts.status}: wanted a run that is over (interrupt it first)`)
  const root = facts.rerunOf?.root ?? { workflowId: of, firstRunId: facts.firstRunId }
  const id = newRunId('code')
  await startRun(server, {
    workflow: 'code',
    id,
    argument: { undoOf: { root, run: facts.firstRunId } },
    summary: `code · undo ${of}`,
  })
  return id
}
