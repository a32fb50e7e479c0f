// `ensemble cost`: what every item of a run cost, and what the prompt cache saved.
import { Command } from 'commander'
import { EXIT, UsageError } from '../exit.js'
import { data, json } from '../output.js'
import { LOOKING, withSession } from '../session.js'
import { costTable, savedLine } from '../views/cost-table.js'
import { budgetLine, dollars } from '../views/money.js'

export function command(): Command {
  return new Command('cost')
    .argument('<run>', 'id of the run, or @last')
    .option('--json', 'one JSON document')
    .action(async (given: string, options: { json?: boolean }) => {
      process.exitCode = await withSession(LOOKING, async (session) => {
        const id = await session.runId(given)
        const run = session.ensemble.run(id)
        const { open, status } = await run.facts()
        if (open) throw new UsageError(`run "${id}" is still ${status}: ${session.command(`show ${id}`)} has its cost`)
        const result = await run.result()
        const { usage, usd, savedUsd, items, budget } = result
        if (options.json) {
          const shown = items.map(({ id: item, status: ended, usage: used, usd: cost, attempts }) => {
            return { id: item, status: ended, usage: used, usd: cost, attempts }
          })
          json({ run: id, status: result.status, usd, savedUsd, usage, items: shown, ...(budget && { budget }) })
        } else {
          data(costTable(result, 500))
          data(`total ${dollars(usd)} · ${savedLine(result)}`)
          if (budget) data(`budget ${budgetLine(budget)}`)
        }
        return EXIT.ok
      })
    })
}
