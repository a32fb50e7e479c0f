// The page of a run in the Web UI: status first, then what a person can do, the cost, and the table of agents, within 4 KB.
import type { EndedItem } from '../../contracts/continuation.js'
import { dollars } from './dollars.js'
import { openApprovals, type Run } from './run.js'

/** The page shows well up to this; Temporal takes 20 kB. */
const PAGE_BYTES = 4000
const ROWS = 25

export function detailsOf(run: Run): string {
  const { plan } = run
  const parts = [
    `**${run.state}**${plan ? ` · ${text(plan.title).slice(0, 300)}` : ''}${plan?.server === 'simulated' ? ' · SIMULATED' : ''}`,
    ...waiting(run),
    ...(plan
      ? [
          `Price: expected ${dollars(plan.price.expectedUsd)}, worst ${dollars(plan.price.worstUsd)} (${text(plan.price.basis)})`,
          ...plan.warnings.slice(0, 5).map((warning) => `Note: ${text(warning).slice(0, 300)}`),
        ]
      : []),
    `Spent ${dollars(run.totals.usd)} · cache saved ${dollars(run.totals.savedUsd)}`,
    ...refused(run),
    // Last, because it is what may be cut.
    table(run),
  ]
  return cut(parts.filter((part) => part !== '').join('\n\n'))
}

function waiting(run: Run): string[] {
  return openApprovals(run).map(
    ({ name, title, digest }) =>
      `**Waiting for your answer: ${text(title).slice(0, 300)}** (${name})\n\nSend the signal \`approve\` with no input, \`reject\` with a reason, or \`revise\` with a patch of the input. Digest: \`${digest}\``,
  )
}

function table(run: Run): string {
  const { plan } = run
  if (!plan || plan.items.length === 0) return ''
  const ended = new Map(run.ended.map((item) => [item.id, item]))
  const order = [...plan.items].sort((a, b) => rank(run, ended, a.id) - rank(run, ended, b.id))
  const rows = order.slice(0, ROWS).map(({ id, model }) => {
    const end = ended.get(id)
    const state = end ? end.status : run.running.has(id) ? 'running' : 'waiting'
    return `| ${text(id).slice(0, 60)} | ${text(model)} | ${state} | ${end ? end.outputTokens : ''} | ${end ? dollars(end.usd) : ''} |`
  })
  const counts = new Map<string, number>()
  for (const { status } of run.ended) counts.set(status, (counts.get(status) ?? 0) + 1)
  const summary = [...counts].map(([status, count]) => `${count} ${status}`).join(', ')
  const more = plan.items.length > ROWS ? `\n\n… and ${plan.items.length - ROWS} more` : ''
  return `| agent | model | state | tokens | cost |\n|---|---|---|---|---|\n${rows.join('\n')}${more}\n\n${run.ended.length} of ${plan.items.length} ended${summary ? `: ${summary}` : ''}`
}

/** What runs and what went wrong first: that is what a person looks for. */
function rank(run: Run, ended: Map<string, EndedItem>, id: string): number {
  if (run.running.has(id)) return 0
  const end = ended.get(id)
  if (!end) return 2
  return end.status === 'ok' ? 3 : 1
}

function refused(run: Run): string[] {
  if (run.refusedCount === 0) return []
  const shown = run.refused
    .slice(-5)
    .map(({ message, reason }) => `- \`${code(message).slice(0, 60)}\`: ${text(reason).slice(0, 300)}`)
  return [`Refused (${run.refusedCount}):\n${shown.join('\n')}`]
}

/** Names and reasons come from people and models: they must not become markup. */
function text(value: string): string {
  return value.replace(/[\\`*_{}[\]<>|#]/g, (character) => `\\${character}`).replace(/\s+/g, ' ')
}

function code(value: string): string {
  return value.replace(/[`\s]+/g, ' ')
}

/** Cut by bytes, at a character. */
function cut(page: string): string {
  const bytes = new TextEncoder().encode(page)
  if (bytes.length <= PAGE_BYTES) return page
  return `${new TextDecoder().decode(bytes.subarray(0, PAGE_BYTES)).replace(/\uFFFD+$/, '')}\n…`
}
