// `ensemble result`: what a run came to, for programs as JSON, for people as Markdown. It does not wait: a run that goes
// on is watched.
import { Command } from 'commander'
import { EXIT, UsageError } from '../exit.js'
import { exitOfResult } from '../exit-code.js'
import { wholeResult } from '../follow/finish.js'
import { data, json, say } from '../output.js'
import { LOOKING, withSession } from '../session.js'
import { markdownOf } from '../views/report.js'

export function command(): Command {
  return new Command('result')
    .argument('<run>', 'id of the run, or @last')
    .option('--markdown', 'the report, or the answers, as Markdown')
    .option('--json', 'one JSON document (the default)')
    .action(async (given: string, options: { markdown?: boolean }) => {
      process.exitCode = await withSession(LOOKING, async (session) => {
        const id = await session.runId(given)
        const run = session.ensemble.run(id)
        const { workflow, open, status, waitingFor } = await run.facts()
        if (open && workflow === 'thread') {
          const ways = [`show ${id}`, `chat ${id}`].map((rest) => `\`${session.command(rest)}\``)
          throw new UsageError(`"${id}" is an open thread: ${ways[0]} has its conversation, ${ways[1]} goes on with it`)
        }
        if (open && waitingFor) {
          say(`run "${id}" waits for an answer (${waitingFor}): ${session.command(`approve ${id}`)}`)
          return EXIT.waiting
        }
        if (open) throw new UsageError(`run "${id}" is still ${status}: ${session.command(`watch ${id}`)} waits for it`)
        const result = await wholeResult(session, run)
        if (options.markdown) data(markdownOf(result))
        else json(result)
        return exitOfResult(result)
      })
    })
}
