// `ensemble list`: from what the server knows without asking any run, so it works while no worker is up.
import { Command } from 'commander'
import type { RunFacts } from '../../client/facts.js'
import { EXIT } from '../exit.js'
import { data, json, printable, say } from '../output.js'
import { whole } from '../run-options.js'
import { LOOKING, withSession } from '../session.js'
import { ageOf } from '../views/age.js'
import { dollars } from '../views/money.js'
import { table } from '../views/table.js'

export function command(): Command {
  return new Command('list')
    .option('--limit <n>', 'at most so many', whole, 20)
    .option('--waiting', 'only runs that wait for an answer')
    .option('--json', 'one JSON document')
    .action(async (options: { limit: number; waiting?: boolean; json?: boolean }) => {
      process.exitCode = await withSession(LOOKING, async ({ ensemble, command: ours }) => {
        const runs: RunFacts[] = []
        for await (const facts of ensemble.list({ limit: options.waiting ? 1000 : options.limit })) {
          if (options.waiting && !facts.waitingFor) continue
          if (runs.push(facts) === options.limit) break
        }
        if (options.json) json(runs)
        else if (runs.length > 0) data(listed(runs))
        else say(`no runs${options.waiting ? ' wait for an answer' : ` yet: ${ours('ask "Hello"')} starts one`}`)
        return EXIT.ok
      })
    })
}

function listed(runs: RunFacts[]): string {
  const rows = runs.map(({ id, workflow, status, waitingFor, usd, startedAt }) => [
    printable(id),
    workflow,
    status,
    waitingFor ?? '',
    usd === undefined ? '' : dollars(usd),
    ageOf(startedAt),
  ])
  return table(
    [
      { title: 'run' },
      { title: 'workflow' },
      { title: 'status' },
      { title: 'waits for' },
      { title: 'usd', right: true },
      { title: 'age', right: true },
    ],
    rows,
  )
}
