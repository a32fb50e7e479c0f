// The state every run has, in one place: what was asked, what ended, who stopped or paused it. Handlers change it, the
// fan-out and the progress page read it.
import { workflowInfo } from '@temporalio/workflow'
import type { AuditBody } from '../../../contracts/audit.js'
import type { Continued, EndedItem, Totals } from '../../../contracts/continuation.js'
import type {
  Approval,
  BudgetState,
  Decision,
  LogLine,
  Refused,
  RunState,
  StatusReport,
  ToolState,
} from '../../../contracts/messages.js'
import type { ItemResult } from '../../../contracts/outcome.js'
import type { Plan } from '../../../contracts/plan.js'
import type { Ref, Root } from '../../../contracts/refs.js'
import { addUsage, addUsd, noUsage, type Usd } from '../../../contracts/usage.js'
import type { EarlyAnswer } from '../approvals/early.js'
import { type Budget, budgetState } from '../budget/ledger.js'
import { countLatency } from './interruption-latency.js'

/** Refused messages shown; all are counted. */
const REFUSED_SHOWN = 20
/** Characters of a refused message's name and of the reason: they may repeat what a sender wrote, of any size. */
const NAME_CHARACTERS = 100
export const REASON_CHARACTERS = 500
/** Senders' ids remembered, so that a repeated message counts once. */
const SEEN_KEPT = 2000

/** Who takes the answer to an open approval, and what makes an answer none. */
export type Asked = {
  take(decision: Decision): void
  /** @returns why this answer does not count, if so. Reads only. */
  refuses?(decision: Decision): string | undefined
}

export type Run = {
  workflow: string
  /** This execution's own ids. */
  self: Root
  state: RunState
  plan?: Plan
  approvals: Approval[]
  /** The open approvals, by name. */
  answers: Map<string, Asked>
  refused: Refused[]
  refusedCount: number
  /** Answers that are ahead of their questions. */
  early: EarlyAnswer[]
  seen: Set<string>
  paused: boolean
  rejected: boolean
  /** A model made the plan, so a person may ask for another one with a note. */
  takesNotes: boolean
  /** A person stopped the whole run. */
  stopped: boolean
  interrupted: Set<string>
  /** When it was asked for, while the item goes on running: milliseconds. */
  interruptedAt: Map<string, number>
  running: Map<string, { cancel(): void }>
  /** Cache groups whose siblings need not wait. */
  released: Set<string>
  /** Told of every cache that can be read, by the step that wrote it. */
  cached: Set<(step: unknown) => void>
  ended: EndedItem[]
  /** Results of this execution; earlier ones wait in storage. */
  results: Map<string, ItemResult>
  outcomes: Ref[]
  /** Of an agent: its newest uses of tools, by turn, step and id. */
  tools: Map<string, ToolState>
  /** What people who watch are told of its work, a line each: the newest. */
  log: LogLine[]
  totals: Totals
  /** What its calls may cost, where there is a limit. */
  budget?: Budget
  /** What an execution before this one left of it. */
  carriedBudget?: BudgetState
  /** Of an agent with an audit: is told of questions, answers, refusals and money. */
  audit?: (event: AuditBody) => void
  /** Called after every change, in order. */
  listeners: (() => void)[]
}

export function openRun(workflow: string, continued: Continued | undefined): Run {
  const { workflowId, firstExecutionRunId } = workflowInfo()
  return {
    workflow,
    self: { workflowId, firstRunId: firstExecutionRunId },
    state: continued ? 'running' : 'preparing',
    ...(continued && { plan: continued.plan }),
    approvals: continued?.approvals ?? [],
    ...(continued?.budget && { carriedBudget: continued.budget }),
    answers: new Map(),
    refused: continued?.refused ?? [],
    refusedCount: continued?.refusedCount ?? 0,
    early: [],
    seen: new Set(continued?.seen),
    paused: continued?.paused ?? false,
    rejected: false,
    takesNotes: false,
    stopped: continued?.stopped ?? false,
    interrupted: new Set(continued?.interrupted),
    interruptedAt: new Map(),
    running: new Map(),
    released: new Set(continued?.released),
    cached: new Set(),
    ended: continued?.ended ?? [],
    results: new Map(),
    outcomes: continued?.outcomes ?? [],
    tools: new Map(),
    log: [],
    totals: continued?.totals ?? { usage: noUsage(), usd: 0, savedUsd: 0 },
    listeners: [],
  }
}

export function changed(run: Run): void {
  for (const listener of run.listeners) listener()
}

/** A message without effect: kept for people to see, never thrown. @returns how it is listed. */
export function refuse(run: Run, message: string, reason: string): Refused {
  run.refusedCount++
  const entry = { message: short(message, NAME_CHARACTERS), reason: short(reason, REASON_CHARACTERS) }
  run.audit?.({ type: 'refused', ...entry })
  const listed = { ...entry, at: new Date().toISOString() }
  run.refused = [...run.refused, listed].slice(-REFUSED_SHOWN)
  changed(run)
  return listed
}

export function short(text: string, characters: number): string {
  return text.length > characters ? `${text.slice(0, characters - 1)}…` : text
}

/** @returns false when this message with this id was applied before. */
export function firstTime(run: Run, message: string, id: string | undefined): boolean {
  if (wasApplied(run, message, id)) return false
  remember(run, message, id)
  return true
}

/** Reads only. */
export function wasApplied(run: Run, message: string, id: string | undefined): boolean {
  return id !== undefined && run.seen.has(`${message} ${id}`)
}

export function remember(run: Run, message: string, id: string | undefined): void {
  if (id === undefined) return
  run.seen.add(`${message} ${id}`)
  for (const oldest of run.seen) {
    if (run.seen.size <= SEEN_KEPT) break
    run.seen.delete(oldest)
  }
}

/** Takes over how an item ended. One that ends again (a plan that was asked for twice) has cost both. */
export function endItem(run: Run, latest: ItemResult, savedUsd: Usd): void {
  const { id, status, usd, usage } = latest
  const before = run.results.get(id)
  const result = before ? withCostOf(before, latest) : latest
  if (before) beginAgain(run, id)
  run.running.delete(id)
  const askedAt = run.interruptedAt.get(id)
  if (askedAt !== undefined && run.interruptedAt.delete(id)) countLatency(askedAt)
  run.results.set(id, result)
  run.ended.push({ id, status, usd: result.usd, attempts: result.attempts, outputTokens: result.usage.outputTokens })
  run.totals = {
    usage: addUsage(run.totals.usage, usage),
    usd: addUsd(run.totals.usd, usd),
    savedUsd: addUsd(run.totals.savedUsd, savedUsd),
  }
  changed(run)
}

/** An item that ended begins again: what it has cost is added up when it ends. */
export function beginAgain(run: Run, id: string): void {
  run.ended = run.ended.filter((item) => item.id !== id)
}

function withCostOf(before: ItemResult, latest: ItemResult): ItemResult {
  return {
    ...latest,
    usage: addUsage(before.usage, latest.usage),
    usd: addUsd(before.usd, latest.usd),
    attempts: before.attempts + latest.attempts,
    warnings: [...before.warnings, ...latest.warnings],
  }
}

export function openApprovals(run: Run): Approval[] {
  return run.approvals.filter((approval) => approval.answer === undefined && run.answers.has(approval.name))
}

export function statusOf(run: Run): StatusReport {
  const ended = new Map(run.ended.map((item) => [item.id, item]))
  const { plan } = run
  const items = (plan?.items ?? []).map(({ id, model }) => {
    const end = ended.get(id)
    if (end) return { ...end, model }
    const status = run.running.has(id) ? ('running' as const) : ('waiting' as const)
    return { id, model, status, usd: 0, attempts: 0, outputTokens: 0 }
  })
  // A review's summary is no item of the plan; it has the model of the others.
  const planned = new Set(items.map(({ id }) => id))
  const model = plan?.items[0]?.model ?? ''
  const more = [...new Set([...run.running.keys(), ...ended.keys()])].filter((id) => !planned.has(id))
  const extra = more.map((id) => ({
    ...(ended.get(id) ?? { id, status: 'running' as const, usd: 0, attempts: 0, outputTokens: 0 }),
    model,
  }))
  return {
    workflow: run.workflow,
    status: run.state,
    ...(plan && { title: plan.title, server: plan.server, price: plan.price }),
    warnings: plan?.warnings ?? [],
    ...(plan?.outline && { outline: plan.outline }),
    approvals: run.approvals,
    items: [...items, ...extra],
    ...run.totals,
    refused: run.refused,
    ...(run.log.length > 0 && { log: run.log }),
    ...(run.tools.size > 0 && { tools: [...run.tools.values()] }),
    ...(run.budget && { budget: budgetState(run.budget) }),
    ...(plan?.stream && { stream: true as const }),
  }
}
