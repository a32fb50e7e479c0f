// `ensemble approvals`: everything that waits for a person, in one table, answered one by one or together. What is answered
// is shown first, exactly, and each answer carries the digest of what was shown.
import { Command } from 'commander'
import type { WaitingApproval } from '../../client/approvals.js'
import { AnswerRefusedError } from '../../client/errors.js'
import { EXIT, UsageError } from '../exit.js'
import { askedLines } from '../follow/question.js'
import { data, json, printable, say, someoneIsThere } from '../output.js'
import { LOOKING, personName, type Session, WORKING, withSession } from '../session.js'
import { ageOf } from '../views/age.js'
import { table } from '../views/table.js'

type Options = { approve?: string; reject?: string; by?: string; note?: string; yes?: boolean; json?: boolean }

const ABOUT = 60
const DIGEST = 10

export function command(): Command {
  return new Command('approvals')
    .option('--approve <which>', 'all, or numbers or digests of the list: 1,3')
    .option('--reject <which>', 'as --approve')
    .option('--by <name>', 'who answers (default: the name of your account)')
    .option('--note <text>', 'a reason, kept with the answers')
    .option('--yes', 'do not ask before the answers are sent')
    .option('--json', 'one JSON document')
    .action(async (options: Options) => {
      const { approve, reject } = options
      if (approve !== undefined && reject !== undefined) throw new UsageError('got --approve and --reject; wanted one')
      const which = approve ?? reject
      process.exitCode = await withSession(which === undefined ? LOOKING : WORKING, async (session) => {
        const open = await session.ensemble.approvals()
        if (which === undefined) return list(session, open, options)
        return answer(session, chosen(open, which), approve === undefined ? 'reject' : 'approve', options)
      })
    })
}

function list({ command: ours }: Session, open: WaitingApproval[], options: Options): number {
  if (options.json) json(open)
  else if (open.length === 0) say('nothing waits for an answer')
  else {
    data(tableOf(open))
    say(`  together  ${ours('approvals --approve all')} (or numbers: 1,3; or --reject)`)
    say(`  one       ${ours(`approve ${open[0]?.run} ${open[0]?.name}`)}`)
  }
  return EXIT.ok
}

function tableOf(open: WaitingApproval[]): string {
  const rows = open.map(({ run, name, title, about, openedAt, expiresAt, onExpiry, digest }, index) => [
    String(index + 1),
    printable(run),
    printable(name),
    cut(printable(title)),
    cut(printable(about)),
    ageOf(openedAt),
    expiresAt === undefined ? '' : `${expiresAt.slice(0, 16).replace('T', ' ')} ${onExpiry ?? ''}`,
    digest.slice(0, DIGEST),
  ])
  const titles = ['run', 'approval', 'what', 'price or arguments']
  const columns = [{ title: 'n', right: true }, ...titles.map((title) => ({ title })), { title: 'since', right: true }]
  return table([...columns, { title: 'expires (UTC)' }, { title: 'digest' }], rows)
}

const cut = (text: string) => (text.length > ABOUT ? `${text.slice(0, ABOUT - 1)}…` : text)

/** Numbers are those of the list as it is now; a digest means the same tomorrow. */
function chosen(open: WaitingApproval[], which: string): WaitingApproval[] {
  if (which === 'all') return open
  const wanted = which.split(',').map((one) => one.trim())
  const found = wanted.map((one) => {
    const number = /^\d{1,5}$/.test(one) ? open[Number(one) - 1] : undefined
    const byDigest = one.length >= 8 ? open.filter(({ digest }) => digest.startsWith(one)) : []
    const [only, second] = number ? [number] : byDigest
    if (!only) throw new UsageError(`"${one}": nothing with this number or digest waits; ${open.length} questions do`)
    if (second) throw new UsageError(`"${one}": several questions have digests that begin so; wanted more of it`)
    return only
  })
  return [...new Set(found)]
}

type Kind = 'approve' | 'reject'

async function answer(session: Session, wanted: WaitingApproval[], kind: Kind, options: Options): Promise<number> {
  const { by = personName(), note } = options
  if (wanted.length === 0) {
    say('nothing waits for an answer')
    return EXIT.ok
  }
  for (const one of wanted) await show(session, one)
  if (someoneIsThere() && !options.yes && !(await agreed(kind, wanted.length))) return EXIT.ok
  const answers = await Promise.all(
    wanted.map(async ({ run, name, digest }) => {
      const message = { approval: name, digest, by, ...(note !== undefined && { note }) }
      try {
        const handle = session.ensemble.run(run)
        await (kind === 'approve' ? handle.approve(message) : handle.reject(message))
        return { run, approval: name, digest, taken: true as const }
      } catch (error) {
        if (!(error instanceof AnswerRefusedError)) throw error
        return { run, approval: name, digest, taken: false as const, reason: error.message }
      }
    }),
  )
  if (options.json) json(answers)
  for (const one of answers)
    say(
      one.taken
        ? `${kind}: taken (${one.run} ${one.approval}, by ${by})`
        : `not taken: ${one.run} ${one.approval}: ${one.reason}`,
    )
  return answers.every(({ taken }) => taken) ? EXIT.ok : EXIT.failed
}

/** From the run itself: a list has only the beginning of it. */
async function show({ ensemble }: Session, { run, name, digest }: WaitingApproval): Promise<void> {
  const { approvals, price, server, outline } = await ensemble.run(run).status()
  const open = approvals.find((approval) => approval.name === name && approval.digest === digest && !approval.answer)
  if (!open) throw new UsageError(`${run} ${name}: it was answered or changed meanwhile; look again`)
  const isPlan = !(open.own || open.tool || open.unknown || open.budget || open.work)
  const plan = isPlan ? { ...(price && { price }), ...(server && { server }), ...(outline && { outline }) } : {}
  say(`${run} ${name}`)
  for (const line of askedLines({ ...open, ...plan })) say(`  ${line}`)
}

async function agreed(kind: Kind, count: number): Promise<boolean> {
  const { confirm, isCancel } = await import('@clack/prompts')
  const what = count === 1 ? 'this one' : `all ${count}`
  const said = await confirm({
    message: `${kind === 'approve' ? 'Approve' : 'Reject'} ${what}?`,
    output: process.stderr,
  })
  return !isCancel(said) && said
}
