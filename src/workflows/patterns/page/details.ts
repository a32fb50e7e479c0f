// The page of a run in the Web UI: status first, then what a person can do and what was made of it, then the table of
// agents with as many rows as fit into 4 KB. The UI renders Markdown, with mathematics between dollar signs: every text
// and every amount is escaped, or two prices on a line become a formula.
import type { EndedItem } from '../../../contracts/continuation.js'
import type { RunState } from '../../../contracts/messages.js'
import { openApprovals, type Run } from '../run/run.js'
import { amount, bytes, cut, HIDDEN, line, MESSAGES, PAGE_BYTES, refused, text } from './markdown.js'
import { answersOf, moneyOf, questionsOf } from './questions.js'
import { tree } from './tree.js'

const ROWS = 25
/** Bytes of a plan's outline, and how many of the newest lines of what happened. */
const OUTLINE = 2000
const LINES = 12
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
  const above = [
    headline(run),
    ...questionsOf(run),
    ...refused(run),
    ...answersOf(run),
    ...moneyOf(run),
    ...lately(run),
    ...priced(run),
  ].join('\n\n')
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

/** While a question is open, it says what there is. */
function lately(run: Run): string[] {
  return openApprovals(run).length > 0
    ? []
    : tree(
        run.log.slice(-LINES).map(({ line }) => line),
        OUTLINE,
      )
}

function priced(run: Run): string[] {
  const { plan } = run
  if (!plan) return []
  const { expectedUsd, worstUsd, basis } = plan.price
  return [
    `Price: expected ${amount(expectedUsd)}, worst ${amount(worstUsd)} (${text(basis, 250)})`,
    // Work that is offered says what became of the plan.
    ...(openApprovals(run).some(({ work }) => work) ? [] : tree(plan.outline ?? [], OUTLINE)),
    ...plan.warnings.slice(0, MESSAGES).map((warning) => `Note: ${text(warning, 250)}`),
  ]
}

/** What runs and what went wrong first: that is what a person looks for. */
function rowsOf(run: Run): Row[] {
  const ended = new Map(run.ended.map((item) => [item.id, item]))
  const items = run.plan?.items ?? []
  const planned = new Set(items.map(({ id }) => id))
  // A review's summary is not among the plan's items; it has the model of the others. A coding run's tests ask no model.
  const other = run.plan?.code ? '' : (items[0]?.model ?? '')
  const more = [...new Set([...run.running.keys(), ...ended.keys()])].filter((id) => !planned.has(id))
  const all = [...items, ...more.map((id) => ({ id, model: other }))]
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
      end && model !== '' ? `${end.outputTokens}` : '',
      end && model !== '' ? amount(end.usd) : '',
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
