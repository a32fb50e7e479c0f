// What follows the readers of documents: their quotes checked, a synthesis asked for each question, the answer written
// from what is there.
import { CancellationScope } from '@temporalio/workflow'
import type { Answered } from '../../../contracts/documents.js'
import type { ItemResult } from '../../../contracts/outcome.js'
import type { Plan } from '../../../contracts/plan.js'
import { skipped, steps } from '../calls/call.js'
import { laterCall } from '../calls/later-call.js'
import { allResults } from '../run/continuation.js'
import { endItem, type Run } from '../run/run.js'

/** @returns undefined when no reader answered: there is nothing to combine. */
export async function answerOf(run: Run, plan: Plan): Promise<Answered | undefined> {
  const items = await allResults(run)
  const { root, files, title, server, inlineBytes } = plan
  if (files === undefined || CancellationScope.current().consideredCancelled) return undefined
  if (!items.some((item) => item.status === 'ok')) {
    for (const id of plan.later ?? []) endItem(run, skipped(id), 0)
    return undefined
  }
  const { gathered, syntheses, silent } = await steps.gather({
    root,
    files,
    items: items.map(({ id, status, text }) => ({ id, status, ...(text !== undefined && { text }) })),
  })
  for (const id of silent) endItem(run, skipped(id), 0)
  const made: ItemResult[] = []
  for (let from = 0; from < syntheses.length; from += plan.concurrency) {
    const some = syntheses.slice(from, from + plan.concurrency)
    made.push(...(await Promise.all(some.map((synthesis) => laterCall(run, plan, synthesis)))))
  }
  return steps.answer({
    root,
    files,
    gathered,
    title,
    server,
    inlineBytes,
    items: items.map(({ id, status, error }) => ({ id, status, ...(error && { note: error.message }) })),
    syntheses: made.map(({ id, status, text, error }) => ({
      id,
      ...(text !== undefined && { text }),
      ...(status !== 'ok' && { note: error?.message ?? status }),
    })),
  })
}
