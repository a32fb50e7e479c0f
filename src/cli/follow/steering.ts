// interrupt, pause, resume and cancel: a message that needs no worker, then what to do next.
import { Command } from 'commander'
import type { Run } from '../../client/run.js'
import { EXIT } from '../exit.js'
import { json, say } from '../output.js'
import { LOOKING, type Needs, personName, withSession } from '../session.js'
import { follow, sayWhere } from './follow.js'

export type SteeringOptions = { item?: string; by?: string; json?: boolean; detach?: boolean }

/** A command of one run; `next` is what a person does then. */
export function steering(name: string): Command {
  return new Command(name).argument('<run>', 'id of the run, or @last').option('--json', 'JSON on standard output')
}

/** Returns the exit code. With `following`, the run is brought to life and followed unless --detach. */
export async function steer(
  given: string,
  options: SteeringOptions,
  send: (run: Run, sender: { by: string; item?: string }) => Promise<void>,
  { done, next, needs = LOOKING, following }: { done: string; next: string; needs?: Needs; following?: boolean },
): Promise<number> {
  return withSession(needs, async (session) => {
    const run = session.ensemble.run(await session.runId(given))
    const { by = personName(), item } = options
    await send(run, { by, ...(item !== undefined && { item }) })
    say(`${done}: ${run.id}${item === undefined ? '' : `, item ${item}`}`)
    if (following && !options.detach) return follow(session, run, options.json ? { json: true } : {})
    if (options.json) json({ run: run.id, sent: done, ...(item !== undefined && { item }) })
    say(`  next      ${session.command(`${next} ${run.id}`)}`)
    sayWhere(session, run.id)
    return EXIT.ok
  })
}
