// `ensemble watch`: follow a run that somebody started; as JSON lines for programs.
import { Command } from 'commander'
import { watchThread } from '../chat/watch.js'
import { EXIT } from '../exit.js'
import { exitOfResult } from '../exit-code.js'
import { follow, onInterrupt } from '../follow/follow.js'
import { data } from '../output.js'
import { type Session, WORKING, withSession } from '../session.js'

export function command(): Command {
  return new Command('watch')
    .argument('<run>', 'id of the run, or @last')
    .option('--json', 'one JSON event a line; never asks')
    .action(async (given: string, options: { json?: boolean }) => {
      process.exitCode = await withSession(WORKING, async (session) => {
        const id = await session.runId(given)
        if (options.json) return events(session, id)
        const run = session.ensemble.run(id)
        return (await run.facts()).workflow === 'thread' ? watchThread(session, id) : follow(session, run)
      })
    })
}

/** An approval is an event like any other: a program answers it, or somebody else does. */
async function events(session: Session, id: string): Promise<number> {
  const run = session.ensemble.run(id)
  const watching = new AbortController()
  const release = onInterrupt(() => watching.abort())
  try {
    for await (const event of run.events({ signal: watching.signal })) data(JSON.stringify(event))
  } finally {
    release()
  }
  return watching.signal.aborted ? EXIT.detached : exitOfResult(await run.result())
}
