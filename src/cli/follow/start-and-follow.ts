// Starting a run from the command line: everything that can be refused is refused before anything is brought up; then
// started, remembered as @last, and followed or left.

import { checkInput } from '../../client/check-input.js'
import type { RunInputs } from '../../client/ensemble.js'
import { ConnectionError } from '../../client/errors.js'
import { checkRunId } from '../../client/run-id.js'
import type { WorkflowName } from '../../contracts/names.js'
import { EXIT } from '../exit.js'
import { json, say } from '../output.js'
import { LOOKING, type Needs, type Session, STARTING, withSession } from '../session.js'
import { type Following, follow, sayWhere } from './follow.js'

export type Starting<N extends WorkflowName> = Following & {
  workflow: N
  input: RunInputs[N]
  id?: string
  detach?: boolean
  needs?: Needs
  /** Called while everything is still up, unless the watcher left. */
  afterwards?: (session: Session) => Promise<void>
}

/** Returns the exit code. */
export async function startAndFollow<N extends WorkflowName>(starting: Starting<N>): Promise<number> {
  const { workflow, input, id, detach } = starting
  await checkInput(workflow, input)
  if (id !== undefined) checkRunId(id)
  const needs = starting.needs ?? (detach ? LOOKING : STARTING)
  return withSession(needs, async (session) => {
    if (detach) await refuseAlone(session)
    const run = await session.ensemble.start(workflow, input, id === undefined ? {} : { id })
    if (detach) return left(session, run.id, starting)
    if (!starting.plainText) say(`run ${run.id}`)
    const code = await follow(session, run, starting)
    if (code !== EXIT.detached) await starting.afterwards?.(session)
    return code
  })
}

/** Left alone, a run needs a server and a worker that stay: ours would go away with this command. */
export async function refuseAlone({ up, command }: Session): Promise<void> {
  if (!up.ours || (await up.isHosted())) return
  throw new ConnectionError(
    `--detach: nothing is up that would go on with the run: start \`${command('up')}\` first, or leave out --detach`,
  )
}

/** The run goes on without us. */
export async function left(session: Session, id: string, { json: asJson }: { json?: boolean }): Promise<number> {
  const { ensemble } = session
  if ((await ensemble.workers()).length === 0) {
    say(`no worker on task queue "${ensemble.taskQueue}": the run waits until one is up (${session.command('up')})`)
  }
  if (asJson) json({ run: id, status: 'started' })
  say(`started ${id}`)
  say(`  watch     ${session.command(`watch ${id}`)}`)
  sayWhere(session, id)
  return EXIT.ok
}
