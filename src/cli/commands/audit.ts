// `ensemble audit`: the log of an agent and of those it started, for people, checked, or as it is.
import { Command } from 'commander'
import type { SessionAudit } from '../../client/audit.js'
import { EXIT } from '../exit.js'
import { data, json, say } from '../output.js'
import { LOOKING, withSession } from '../session.js'
import { auditLines } from '../views/audit-lines.js'

export function command(): Command {
  return new Command('audit')
    .addCommand(
      over('show', 'every entry, a line each; exit code 1 where one is bad', (audits, asJson) => {
        if (asJson) json(audits.map(({ session, entries, verified }) => ({ session, entries, verified })))
        else for (const audit of audits) data(auditLines(audit))
        const bad = audits.filter(({ verified }) => !verified.ok)
        for (const audit of bad) say(`${audit.session}: ${finding(audit)}`)
        return bad.length === 0 ? EXIT.ok : EXIT.failed
      }),
    )
    .addCommand(
      over('verify', 'whether it is whole; exit code 1, and the first bad entry, where it is not', (audits, asJson) => {
        const ok = audits.every(({ verified }) => verified.ok)
        if (asJson) json({ ok, sessions: audits.map(({ text: _, entries: __, ...audit }) => audit) })
        else for (const audit of audits) data(`${audit.session}: ${finding(audit)}`)
        return ok ? EXIT.ok : EXIT.failed
      }),
    )
    .addCommand(
      over('export', 'the logs as they are, one after the other: JSON lines', (audits, asJson) => {
        if (asJson) json(audits.map(({ session, entries }) => ({ session, entries })))
        else for (const { text } of audits) process.stdout.write(text)
        return EXIT.ok
      }),
    )
}

function over(name: string, about: string, tell: (audits: SessionAudit[], asJson: boolean) => number): Command {
  return new Command(name)
    .description(about)
    .argument('<run>', 'id of the run, or @last')
    .option('--json', 'one JSON document')
    .action(async (given: string, options: { json?: boolean }) => {
      process.exitCode = await withSession(LOOKING, async (session) =>
        tell(await session.ensemble.audit(await session.runId(given)), options.json === true),
      )
    })
}

const CHECKED = {
  result: "ends as the run's result says",
  steps: 'holds what the run has appended so far',
  chain: 'linked without a gap; the server keeps nothing of the run to compare its end with',
}

function finding({ verified, checked }: SessionAudit): string {
  if (!verified.ok) return `entry ${verified.entry} is bad: ${verified.reason}`
  return `whole: ${verified.entries} entries, ${CHECKED[checked]} (head ${verified.head.slice(0, 16)})`
}
