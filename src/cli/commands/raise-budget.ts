// `ensemble raise-budget`: a new cap. What waits for money goes on as far as it fits, asked or not.
import { Command } from 'commander'
import { EXIT } from '../exit.js'
import { follow, sayWhere } from '../follow/follow.js'
import { json, say } from '../output.js'
import { usd } from '../run-options.js'
import { personName, WORKING, withSession } from '../session.js'
import { budgetLine, dollars } from '../views/money.js'

export function command(): Command {
  return new Command('raise-budget')
    .argument('<run>', 'id of the run, or @last')
    .argument('<usd>', 'the new cap in dollars', usd)
    .option('--by <name>', 'who allows it (default: the name of your account)')
    .option('--note <text>', 'a reason, kept with it')
    .option('--detach', 'do not follow the run')
    .option('--json', 'JSON on standard output')
    .action(async (given: string, capUsd: number, options: Options) => {
      const { by = personName(), note, detach } = options
      process.exitCode = await withSession(WORKING, async (session) => {
        const run = session.ensemble.run(await session.runId(given))
        const decided = await run.raiseBudget({ usd: capUsd, by, ...(note !== undefined && { note }) })
        say(`the cap is ${dollars(capUsd)} now (by ${decided.by})`)
        if (!detach) return follow(session, run, options.json ? { json: true } : {})
        const { budget } = await run.status()
        if (options.json) json({ run: run.id, ...decided, ...(budget && { budget }) })
        else if (budget) say(`  budget    ${budgetLine(budget)}`)
        sayWhere(session, run.id)
        return EXIT.ok
      })
    })
}

type Options = { by?: string; note?: string; detach?: boolean; json?: boolean }
