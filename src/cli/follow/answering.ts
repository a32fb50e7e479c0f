// approve, reject and revise differ in one word: each reads what is open, says exactly what it answers, and sends the
// digest of that, so an answer can never count for something else. Then the run goes on and is followed.
import type { Command } from 'commander'
import { AnswerRefusedError } from '../../client/errors.js'
import type { Run } from '../../client/run.js'
import type { Approval, DecisionKind, StatusReport } from '../../contracts/messages.js'
import { EXIT } from '../exit.js'
import { json, say } from '../output.js'
import { personName, WORKING, withSession } from '../session.js'
import { follow, sayWhere } from './follow.js'
import { askedLines } from './question.js'

export type AnswerOptions = { note?: string; by?: string; detach?: boolean; json?: boolean; digest?: string }

export function withAnswerOptions(command: Command): Command {
  return command
    .argument('<run>', 'id of the run, or @last')
    .argument('[approval]', 'name of the approval, when several are open')
    .option('--note <text>', 'a reason, kept with the answer')
    .option('--by <name>', 'who answers (default: the name of your account)')
    .option('--digest <digest>', 'answer only if exactly this is asked')
    .option('--detach', 'do not follow the run')
    .option('--json', 'JSON on standard output')
}

/** Returns the exit code. */
export async function answer(
  kind: DecisionKind,
  given: string,
  name: string | undefined,
  options: AnswerOptions & { input?: unknown },
): Promise<number> {
  return withSession(WORKING, async (session) => {
    const run = session.ensemble.run(await session.runId(given))
    const before = await run.status()
    const decided = await send(run, kind, name, { ...options, before })
    say(`${kind}: taken (${decided.approval}, by ${decided.by})`)
    const told = before.log?.length ?? 0
    if (!options.detach) return follow(session, run, { told, ...(options.json && { json: true }) })
    if (options.json) json({ run: run.id, ...decided })
    say(`  watch     ${session.command(`watch ${run.id}`)}`)
    sayWhere(session, run.id)
    return EXIT.ok
  })
}

async function send(
  run: Run,
  kind: DecisionKind,
  name: string | undefined,
  { note, by = personName(), digest, input, before }: AnswerOptions & { input?: unknown; before: StatusReport },
) {
  const { approvals, price, server, outline } = before
  const open = openOne(run.id, approvals, name)
  const known = {
    ...(price && !open?.own && !open?.work && { price }),
    ...(server && { server }),
    ...(outline && !open?.work && { outline }),
  }
  if (open) for (const line of askedLines({ ...open, ...known })) say(line)
  // Without an open one the run itself says why an answer does not count, such as who answered before.
  const target = { ...(name !== undefined && { approval: name }), digest: digest ?? open?.digest }
  const message = {
    ...(target.approval !== undefined && { approval: target.approval }),
    ...(target.digest !== undefined && { digest: target.digest }),
    ...(note !== undefined && { note }),
    by,
  }
  if (kind === 'approve') return run.approve({ ...message, ...(input !== undefined && { input }) })
  if (kind === 'reject') return run.reject(message)
  return run.revise({ ...message, ...(input !== undefined && { input: input as Record<string, unknown> }) })
}

function openOne(id: string, approvals: Approval[], name: string | undefined): Approval | undefined {
  const open = approvals.filter((approval) => !approval.answer)
  const meant = name === undefined ? open : open.filter((approval) => approval.name === name)
  if (meant.length > 1) {
    const names = open.map((approval) => approval.name).join(', ')
    throw new AnswerRefusedError(`run "${id}" has several open approvals: name one of ${names}`)
  }
  return meant[0]
}
