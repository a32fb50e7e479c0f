// What is new in a run's report, compared with what was told before. Pure, apart from remembering what it told.
import type { CallProgress } from '../contracts/call.js'
import type { ItemState, RunState, StatusReport } from '../contracts/messages.js'
import type { RunEvent } from './run-event.js'

export type Seen = {
  workflow?: string
  status?: RunState
  /** Item id → what was last told of it. */
  items: Map<string, string>
  /** Name, digest and when it was asked: a question put again is news. */
  approvals: Set<string>
  /** Use of a tool → what was last told of it. */
  tools: Map<string, string>
  refused: Set<string>
  warnings?: number
  /** Number of the line that was told last. */
  log?: number
}

const OVER = new Set<RunState>(['completed', 'partial', 'interrupted', 'rejected', 'failed', 'planned'])

/** In the order a reader understands: the state, the items (they end before the run does), what waits for an answer. */
export function* changes(
  report: StatusReport,
  calls: ReadonlyMap<string, CallProgress>,
  seen: Seen,
): Generator<RunEvent> {
  const over = OVER.has(report.status)
  const news = report.status !== seen.status
  seen.workflow = report.workflow
  seen.status = report.status
  // What a question is about was told before it is put.
  const late = over || report.status === 'waiting'
  if (news && !late) yield { type: 'status', status: report.status, report }
  for (const message of report.warnings.slice(seen.warnings ?? 0)) yield { type: 'warning', message }
  seen.warnings = Math.max(seen.warnings ?? 0, report.warnings.length)
  yield* newLines(report, seen)
  if (news && report.status === 'waiting') yield { type: 'status', status: report.status, report }
  for (const tool of report.tools ?? []) {
    const key = `${tool.turn}.${tool.step}.${tool.id}`
    if (seen.tools.get(key) === tool.status) continue
    seen.tools.set(key, tool.status)
    yield { type: 'tool', tool }
  }
  for (const item of report.items) yield* itemChange(item, calls.get(item.id), seen)
  if (news && over) yield { type: 'status', status: report.status, report }
  // A report keeps only the last refusals, so their number tells nothing.
  for (const { message, reason, at } of report.refused) {
    const key = JSON.stringify([message, reason, at])
    if (seen.refused.has(key)) continue
    seen.refused.add(key)
    yield { type: 'refused', message, reason }
  }
  for (const { answer, openedAt, escalatedAt: _, ...asked } of report.approvals) {
    const { name, digest, own, tool, unknown, budget, work } = asked
    const key = JSON.stringify([name, digest, openedAt])
    if (answer || seen.approvals.has(key)) continue
    seen.approvals.add(key)
    const plan = own || tool || unknown || budget || work ? undefined : report
    yield {
      type: 'approval',
      ...asked,
      ...(plan?.price && { price: plan.price }),
      ...(plan?.outline && { outline: plan.outline }),
    }
  }
}

export function* newLines({ log = [] }: Pick<StatusReport, 'log'>, seen: Seen): Generator<RunEvent> {
  for (const { n, line } of log) {
    if (n <= (seen.log ?? 0)) continue
    seen.log = n
    yield { type: 'log', line }
  }
}

function* itemChange(item: ItemState, call: CallProgress | undefined, seen: Seen): Generator<RunEvent> {
  const over = item.status !== 'waiting' && item.status !== 'running'
  const tokens = Math.max(item.outputTokens, call?.tokens ?? 0)
  const lastLine = call?.lastLine ?? ''
  const told = over ? item.status : JSON.stringify([item.status, tokens, lastLine, item.usd])
  const before = seen.items.get(item.id)
  if (told === before) return
  seen.items.set(item.id, told)
  if (over) yield { type: 'item', item }
  // An item that has not begun is worth a line only when something is told of it.
  else if (before !== undefined || item.status === 'running') {
    yield { type: 'progress', item: item.id, status: item.status, tokens, lastLine, usd: item.usd }
  }
}
