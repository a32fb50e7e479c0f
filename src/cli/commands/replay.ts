// `ensemble replay`: does the code as it is now still make the decisions a recorded run made?
import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { WORKFLOWS } from '../../contracts/names.js'
import { STREAM_WORKFLOW } from '../../contracts/stream.js'
import { runHere } from '../../local/run-here.js'
import { EXIT, UsageError } from '../exit.js'
import { say } from '../output.js'
import { readJson } from '../read-input.js'
import { LOOKING, withSession } from '../session.js'

export function command(): Command {
  return new Command('replay')
    .argument('<run|history.json>', 'id of a run, @last, or a file with a history as JSON (- for standard input)')
    .action(async (given: string) => {
      process.exitCode = await replay(given)
    })
}

async function replay(given: string): Promise<number> {
  const input = isFile(given) ? JSON.stringify(await readJson(given)) : await historyOf(given)
  refuseForeign(given, input)
  const code = await runHere('workers/replay', { args: ['-'], input })
  say(code === EXIT.ok ? `replayed: ${given} still fits` : `${given} no longer fits`)
  return code
}

/** Our bundle has our workflows alone: a person's own is replayed with the code it is in. */
function refuseForeign(given: string, history: string): void {
  const type = startedType(JSON.parse(history))
  const known = [...WORKFLOWS, STREAM_WORKFLOW]
  if (type === undefined || known.includes(type)) return
  throw new UsageError(`replay: ${given} is a run of "${type}"; wanted one of ${known.join(', ')}`)
}

/** undefined for what is no history: the replay itself says so. */
function startedType(history: unknown): string | undefined {
  const { events } = (history ?? {}) as { events?: Started[] }
  return events?.[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name
}

type Started = { workflowExecutionStartedEventAttributes?: { workflowType?: { name?: string } } }

/** A run may not be called like a file that is there. */
const isFile = (given: string) =>
  given === '-' || (!given.startsWith('@') && (given.endsWith('.json') || existsSync(given)))

async function historyOf(given: string): Promise<string> {
  let history = ''
  await withSession(LOOKING, async ({ ensemble, runId }) => {
    history = await ensemble.history(await runId(given))
    return EXIT.ok
  })
  return history
}
