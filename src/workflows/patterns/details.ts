// The page of a run in the Web UI: status first, then what a person can do and what was made of it, then the table of
// agents with as many rows as fit into 4 KB. The UI renders Markdown, with mathematics between dollar signs: every text
// and every amount is escaped, or two prices on a line become a formula.
import type { EndedItem } from '../../contracts/continuation.js'
import type { RunState } from '../../contracts/messages.js'
import { amount, bytes, clock, code, cut, HIDDEN, line, MESSAGES, PAGE_BYTES, refused, text } from './page.js'
import { openApprovals, type Run } from './run.js'

const ROWS = 25
/** Of a question: choices, lines of a diff. */
const CHOICES = 12
/** What becomes of items that had not started when a run ended. */
const NEVER_ASKED: Partial<Record<RunState, string>> = {
  rejected: 'skipped',
  interrupted: 'skipped',
  failed: 'skipped',
  partial: 'skipped',
  planned: 'planned',
}

type Row = { id: string; model: string; state: string; end?: EndedItem }

export function detailsOf(run: Run): string {
  const rows = rowsOf(run)
  const above = [headline(run), ...question(run), ...refused(run), ...answers(run), ...priced(run)].join('\n\n')
  const below = footer(run, rows)
  const page = [above, table(rows, PAGE_BYTES - bytes(above + below) - 8), below, HIDDEN]
  return cut(page.filter((part) => part !== '').join('\n\n'))
}

function headline(run: Run): string {
  const waits = openApprovals(run).length > 0
  const { plan } = run
  const title = plan && !waits ? ` · ${text(plan.title, 200)}` : ''
  return `**${run.state}**${waits ? ' for your answer' : ''}${title}${plan?.server === 'simulated' ? ' · SIMULATED' : ''}`
}

function question(run: Run): string[] {
  const open = openApprovals(run)
  if (open.length === 0) return []
  return [
    ...open.map(({ name, title, digest, own, choices, lines }) => {
      const about = own?.details === undefined ? '' : `\n\n${text(shown(own.details), 1000)}`
      const offered = list(
        (choices ?? []).map(({ id, label }) => `${text(id, 40)}: ${text(label, 120)}`),
        CHOICES,
      )
      const said = list(
        (lines ?? []).map((one) => text(one, 120)),
        CHOICES,
      )
      return `**${text(title, 250)}** (${text(name, 60)})${about}${offered}${said}\n\nDigest: \`${code(digest, 64)}\``
    }),
    'Answer with *More Actions* → *Send a Signal*:',
    [
      open.some(({ own }) => own?.wantsInput)
        ? '- `approve` with the answer: `{"input": …}`'
        : '- `approve` with no input, or `{"by": "your name"}`',
      ...(open.some(({ choices }) => choices) ? ['- or `approve` with some of them: `{"only": ["id"]}`'] : []),
      '- `reject` with no input, or a reason: `"too dear"`',
      ...(open.every(({ own }) => own)
        ? []
        : [
            `- \`revise\` with a patch of the input: \`{"concurrency": 5}\`${run.takesNotes ? ', or a note for the planner: `"three parts"`' : ''}`,
          ]),
    ].join('\n'),
  ]
}

function list(rows: string[], most: number): string {
  if (rows.length === 0) return ''
  const more = rows.length > most ? [`… and ${rows.length - most} more`] : []
  return `\n\n${[...rows.slice(0, most), ...more].map((row) => `- ${row}`).join('\n')}`
}

const shown = (details: unknown) => (typeof details === 'string' ? details : (JSON.stringify(details) ?? ''))

function answers(run: Run): string[] {
  return run.approvals.slice(-MESSAGES).flatMap(({ name, answer }) => {
    if (!answer) return []
    const note = answer.note === undefined ? '' : `: ${text(answer.note, 200)}`
    return [`Answer to ${text(name, 60)}: **${answer.kind}** by ${text(answer.by, 100)} at ${clock(answer.at)}${note}`]
  })
}

function priced({ plan }: Run): string[] {
  if (!plan) return []
  const { expectedUsd, worstUsd, basis } = plan.price
  return [
    `Price: expected ${amount(expectedUsd)}, worst ${amount(worstUsd)} (${text(basis, 250)})`,
    ...(plan.outline?.length ? [plan.outline.map((entry) => `- ${text(entry, 250)}`).join('\n')] : []),
    ...plan.warnings.slice(0, MESSAGES).map((warning) => `Note: ${text(warning, 250)}`),
  ]
}

/** What runs and what went wrong first: that is what a person looks for. */
function rowsOf(run: Run): Row[] {
  const ended = new Map(run.ended.map((item) => [item.id, item]))
  const items = run.plan?.items ?? []
  const planned = new Set(items.map(({ id }) => id))
  // A review's summary is not among the plan's items; it has the model of the others.
  const more = [...new Set([...run.running.keys(), ...ended.keys()])].filter((id) => !planned.has(id))
  const all = [...items, ...more.map((id) => ({ id, model: items[0]?.model ?? '' }))]
  const groups: [Row[], Row[], Row[], Row[]] = [[], [], [], []]
  for (const { id, model } of all) {
    const end = ended.get(id)
    if (run.running.has(id)) groups[0].push({ id, model, state: 'running' })
    else if (end) groups[end.status === 'ok' ? 3 : 1].push({ id, model, state: end.status, end })
    else groups[2].push({ id, model, state: NEVER_ASKED[run.state] ?? 'waiting' })
  }
  return groups.flat()
}

function table(rows: Row[], room: number): string {
  if (rows.length === 0) return ''
  const more = (shown: number) => (shown < rows.length ? `\n\n… and ${rows.length - shown} more` : '')
  let written = line(['agent', 'model', 'state', 'tokens', 'cost']) + line([':--', ':--', ':--', '--:', '--:'], '')
  let shown = 0
  for (const { id, model, state, end } of rows.slice(0, ROWS)) {
    const next = line([
      text(id, 60),
      text(model, 60),
      end && end.attempts > 1 ? `${state}, ${end.attempts} attempts` : state,
      end ? `${end.outputTokens}` : '',
      end ? amount(end.usd) : '',
    ])
    if (bytes(written + next + more(shown + 1)) > room) break
    written += next
    shown++
  }
  return written.trimEnd() + more(shown)
}

function footer(run: Run, rows: Row[]): string {
  const counts = new Map<string, number>()
  for (const { state } of rows) counts.set(state, (counts.get(state) ?? 0) + 1)
  const states = [...counts].map(([state, count]) => `${count} ${state}`)
  return [...states, `spent ${amount(run.totals.usd)}`, `cache saved ${amount(run.totals.savedUsd)}`].join(' · ')
}
