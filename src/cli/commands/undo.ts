// `ensemble undo`: takes back what a coding run committed, by a revert of each of its commits, all or none.
import { Command } from 'commander'
import { EXIT } from '../exit.js'
import { follow, sayWhere } from '../follow/follow.js'
import { json as print, say } from '../output.js'
import { WORKING, withSession } from '../session.js'

export function command(): Command {
  return new Command('undo')
    .argument('<run>', 'id of the run, or @last')
    .option('--detach', 'do not follow it')
    .option('--json', 'JSON on standard output')
    .action(async (given: string, { detach, json }: { detach?: boolean; json?: boolean }) => {
      process.exitCode = await withSession(WORKING, async (session) => {
        const run = await session.ensemble.undo(await session.runId(given))
        say(`run ${run.id}`)
        if (!detach) return follow(session, run, json ? { json: true } : {})
        if (json) print({ run: run.id })
        sayWhere(session, run.id)
        return EXIT.ok
      })
    })
}
