// `ensemble show`: everything about one run on one page. An open run is asked if a worker is up; otherwise what the
// server knows has to do, and says so.
import { Command } from 'commander'
import { NotStoredError, NoWorkerError } from '../../client/errors.js'
import type { RunFacts } from '../../client/facts.js'
import type { Run } from '../../client/run.js'
import type { Turn } from '../../client/thread/conversation.js'
import type { StatusReport } from '../../contracts/messages.js'
import { EXIT } from '../exit.js'
import { withoutResult } from '../follow/finish.js'
import { questionLines, unspent } from '../follow/question.js'
import { data, json, printable, say } from '../output.js'
import { LOOKING, type Session, withSession } from '../session.js'
import { ageOf } from '../views/age.js'
import { turnLines } from '../views/conversation.js'
import { budgetLine, dollars } from '../views/money.js'
import { table } from '../views/table.js'
import { toolLines } from '../views/tool-lines.js'

export function command(): Command {
  return new Command('show')
    .argument('<run>', 'id of the run, or @last')
    .option('--json', 'one JSON document')
    .action(async (given: string, options: { json?: boolean }) => {
      process.exitCode = await withSession(LOOKING, async (session) => {
        const run = session.ensemble.run(await session.runId(given))
        const facts = await run.facts()
        const { report, note } = await reportIfAny(session, run, facts)
        const messages = facts.workflow === 'thread' && (await conversationIfAny(session, facts, report !== undefined))
        if (options.json) json({ ...facts, ...(report && { report }), ...(messages && { messages }) })
        else data([page(session, facts, report), ...(messages ? ['', ...messages.flatMap(turnLines)] : [])].join('\n'))
        if (note) say(note)
        return EXIT.ok
      })
    })
}

async function reportIfAny(
  session: Session,
  run: Run,
  facts: RunFacts,
): Promise<{ report?: StatusReport; note?: string }> {
  if (facts.open && (await session.ensemble.workers()).length === 0) {
    return { note: `no worker is up, so this is what the server knows; ${session.command('up')} starts one` }
  }
  try {
    return { report: await run.status() }
  } catch (error) {
    if (error instanceof NoWorkerError) return { note: error.message }
    return { note: withoutResult(error) }
  }
}

/** Of an open thread only while it answers. */
async function conversationIfAny(session: Session, { id, open }: RunFacts, answers: boolean): Promise<Turn[]> {
  if (open && !answers) return []
  try {
    return await session.ensemble.thread(id).messages()
  } catch (error) {
    if (!(error instanceof NotStoredError || error instanceof NoWorkerError)) throw error
    say(error.message)
    return []
  }
}

function page(session: Session, facts: RunFacts, report: StatusReport | undefined): string {
  const { id, workflow, status, summary, startedAt, endedAt, usd, rerunOf } = facts
  const link = session.webLink(id)
  const { price, server, outline } = report ?? {}
  const lines = [
    `${printable(id)}  ${report?.status ?? status}`,
    `  workflow  ${printable(report?.title ?? summary ?? workflow)}`,
    `  started   ${startedAt} (${ageOf(startedAt)} ago)`,
    ...(endedAt ? [`  ended     ${endedAt}`] : []),
    `  cost      ${dollars(report?.usd ?? usd ?? 0)}${unspent(server)}`,
    ...(report?.budget ? [`  budget    ${budgetLine(report.budget)}`] : []),
    ...(rerunOf ? [`  rerun of  ${rerunOf.root.workflowId}`] : []),
    ...(link ? [`  web ui    ${link}`] : []),
    ...(report?.warnings ?? []).map((warning) => `  warning   ${warning}`),
    ...(report?.refused ?? []).map(({ message, reason, at }) => `  refused   ${message} at ${at}: ${reason}`),
  ]
  if (report && report.items.length > 0 && workflow !== 'thread') lines.push('', itemTable(report))
  if (report?.tools) lines.push('', ...report.tools.flatMap(toolLines).map((line) => `  ${line}`))
  for (const approval of (report?.approvals ?? []).filter(({ answer }) => !answer)) {
    lines.push(
      '',
      'waits for an answer:',
      ...questionLines(
        {
          ...approval,
          ...(price && !approval.own && { price }),
          ...(server && { server }),
          ...(outline && { outline }),
        },
        id,
        session.command,
      ),
    )
  }
  if (!report && facts.waitingFor) lines.push('', `waits for an answer: ${facts.waitingFor}`)
  return lines.join('\n')
}

function itemTable({ items }: StatusReport): string {
  const rows = items.map(({ id, model, status, outputTokens, attempts, usd }) => {
    return [printable(id), model, status, String(outputTokens), String(attempts), dollars(usd)]
  })
  const [item, model, status] = [{ title: 'item' }, { title: 'model' }, { title: 'status' }]
  const numbers = ['tokens', 'attempts', 'usd'].map((title) => ({ title, right: true }))
  return table([item, model, status, ...numbers], rows)
}
