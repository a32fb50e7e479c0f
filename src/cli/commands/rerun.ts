// `ensemble rerun`: a new run of what is not ok; every other paid answer is used again.
import { Command } from 'commander'
import { checkRunId } from '../../client/run-id.js'
import type { Confirm } from '../../contracts/schemas/index.js'
import { follow } from '../follow/follow.js'
import { left, refuseAlone } from '../follow/start-and-follow.js'
import { say } from '../output.js'
import { confirm, several, usd } from '../run-options.js'
import { LOOKING, WORKING, withSession } from '../session.js'

type Options = {
  item?: string[]
  fresh?: boolean
  confirm?: Confirm
  budget?: number
  yes?: boolean
  stream?: boolean
  note?: string
  id?: string
  detach?: boolean
  json?: boolean
}

export function command(): Command {
  return new Command('rerun')
    .argument('<run>', 'id of the run, or @last')
    .option('--item <id>', 'ask this item anew instead, whatever it came to (may be given again)', several)
    .option('--note <text>', 'of a coding run: what the agents named with --item are to change')
    .option('--fresh', 'use no earlier answer')
    .option('--confirm <when>', 'ask before calls: always, never, or above so many USD', confirm)
    .option('--budget <usd>', 'the most it may cost without asking, in USD', usd)
    .option('--yes', 'do not ask: the same as --confirm never')
    .option('--stream', 'show texts while they arrive')
    .option('--id <id>', 'id of the new run')
    .option('--detach', 'do not follow the run')
    .option('--json', 'the result as one JSON document')
    .action(
      async (given: string, { item, fresh, confirm: when, budget, yes, stream, note, id, detach, json }: Options) => {
        if (id !== undefined) checkRunId(id)
        process.exitCode = await withSession(detach ? LOOKING : WORKING, async (session) => {
          if (detach) await refuseAlone(session)
          const old = await session.runId(given)
          const run = await session.ensemble.rerun(old, {
            ...(item && { items: item }),
            ...(fresh && { fresh }),
            ...(when !== undefined && { confirm: when }),
            ...(budget !== undefined && { budgetUsd: budget }),
            ...(stream && { stream }),
            ...(note !== undefined && { note }),
            ...(yes && { confirm: 'never' as const }),
            ...(id !== undefined && { id }),
          })
          if (detach) return left(session, run.id, json ? { json } : {})
          say(`run ${run.id}, again for ${old}`)
          return follow(session, run, json ? { json } : {})
        })
      },
    )
}
