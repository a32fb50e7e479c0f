// The end of a followed run: its result on standard output, what it cost and what to do next on standard error.
import { InvalidInputError, NoResultError } from '../../client/errors.js'
import type { Run } from '../../client/run.js'
import type { ModelServer, RunResult } from '../../contracts/outcome.js'
import type { ThreadResult } from '../../contracts/thread.js'
import { exitOfResult, keyRefused } from '../exit-code.js'
import { data, json, say } from '../output.js'
import type { Session } from '../session.js'
import { costTable, savedLine } from '../views/cost-table.js'
import { dollars } from '../views/money.js'
import { planLines } from '../views/plan-lines.js'
import { markdownOf } from '../views/report.js'
import { unspent } from './question.js'

export type Finishing = {
  json?: boolean
  plainText?: boolean
  /** The answer was written as it arrived. */
  shown?: boolean
  server?: ModelServer
}

/** Returns the exit code. */
export async function finish(session: Session, run: Run, options: Finishing): Promise<number> {
  const result = await wholeResult(session, run)
  if (options.json) json({ run: run.id, ...result })
  else if (keyRefused(result)) say(`the model server refused the key: ${result.items[0]?.error?.message}`)
  else if (result.status === 'planned') data(planLines(result).join('\n'))
  else if (!options.shown) printed(result, options)
  if (!options.plainText && !keyRefused(result)) summed(session, run.id, result, options.server)
  else if (result.status !== 'completed') say(`${result.status}: ${firstError(result) ?? 'no answer'}`)
  return exitOfResult(result)
}

/** The result with its texts; says which of them this machine does not have. */
export async function wholeResult(session: Session, run: Run): Promise<RunResult> {
  const { value, missing } = await session.ensemble.texts(await run.result())
  for (const { ref, bytes } of missing) {
    say(`this machine's store does not have a text of ${bytes} bytes (${ref}): shown by its beginning`)
  }
  return value
}

function printed(result: RunResult, { plainText }: Finishing): void {
  if (plainText && result.items[0]?.text === undefined && result.items[0]?.partial === undefined) return
  data(markdownOf(result))
}

function summed(session: Session, id: string, result: RunResult, server: ModelServer | undefined): void {
  say('')
  if (result.items.length > 0) say(costTable(result, 20))
  say(`${result.status} · ${dollars(result.usd)}${unspent(server)} · ${savedLine(result)}`)
  const failed = firstError(result)
  if (failed) say(`first error: ${failed}`)
  const unfinished = result.status === 'partial' || result.status === 'interrupted' || result.status === 'failed'
  // A person's own workflow is not run again item by item: its code decides what it asks.
  const again = unfinished && !('output' in result) && !('turns' in result)
  say(again ? `  again     ${session.command(`rerun ${id}`)}` : `  look      ${session.command(`show ${id}`)}`)
  const { audit } = result as ThreadResult
  if (audit) say(`  audit     ${session.command(`audit verify ${id}`)} (${audit.entries} entries)`)
  const link = session.webLink(id)
  if (link) say(`  web ui    ${link}`)
}

function firstError(result: RunResult): string | undefined {
  const { error } = result as ThreadResult
  if (error) return `${error.type}: ${error.message}`
  const { items } = result
  const item = items.find(({ error }) => error !== undefined)
  return item && `${item.id}: ${item.error?.type}: ${item.error?.message}`
}

/** For commands that look at a run that may have no result: its words, or what else happened. */
export function withoutResult(error: unknown): string {
  if (error instanceof NoResultError || error instanceof InvalidInputError) return error.message
  throw error
}
