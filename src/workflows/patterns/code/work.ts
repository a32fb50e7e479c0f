// The state of a coding run's work: whose changes there are, what they make together, who did not end well, and what it
// took. Only one agent's piece at a time goes into it, in the order of the plan.
import { setHandler } from '@temporalio/workflow'
import type {
  AgentTime,
  CodeAgent,
  CodeFacts,
  CodeRunPlan,
  CodeWork,
  OpenWorktreeRequest,
  Piece,
  TestReport,
} from '../../../contracts/code.js'
import { worked } from '../../../contracts/messages.js'
import type { Ref, Root } from '../../../contracts/refs.js'
import { changed, type Run } from '../run/run.js'

export type Again = NonNullable<OpenWorktreeRequest['again']>
export type AgentName = Pick<CodeAgent, 'id' | 'model'>

export type Work = {
  run: Run
  code: CodeFacts & { work: CodeWork }
  concurrency: number
  inlineBytes: number
  /** What every activity of the run is told. */
  of: { root: Root; keep: Ref; plan: Ref; run: Root }
  /** Hash the branch had. */
  base: string
  /** Hash of all pieces together. */
  commit: string
  pieces: Piece[]
  /** Agents whose part is there. */
  done: Set<string>
  /** Of agents that an earlier run left at work. */
  partial: Record<string, Piece>
  reports: Record<string, Ref>
  problems: Record<string, string>
  times: AgentTime[]
  attempts: Map<string, number>
  /** What agents that have not worked yet, or not well, are told besides. */
  notes: Map<string, Again>
  tests?: TestReport
  /** Agents at work, by the id of their thread; `existing`: files of theirs that were there before. */
  children: Map<string, { id: string; existing: string[] }>
  /** What was told of. */
  written: Set<string>
  /** Milliseconds that stages and tests took. */
  workMs: number
  /** One working tree is made after the other. */
  opening: Promise<unknown>
}

export function openWork(run: Run, plan: CodeRunPlan): Work {
  const { code, root, concurrency, inlineBytes } = plan
  if (code.work === undefined) throw new Error('the plan was accepted without stages')
  const { done = [], pieces = [], reports = {}, partial = {}, again = {} } = code.earlier ?? {}
  return {
    run,
    code: { ...code, work: code.work },
    ...{ concurrency, inlineBytes },
    of: { root, keep: code.keep, plan: code.work.plan, run: run.self },
    ...{ base: code.commit, commit: code.commit, pieces, partial, reports: { ...reports } },
    done: new Set(done),
    ...{ problems: {}, times: [], attempts: new Map() },
    notes: new Map(Object.entries(again)),
    ...{ children: new Map(), written: new Set(), workMs: 0, opening: Promise.resolve() },
  }
}

export function agentsOf({ code }: Work): AgentName[] {
  return code.work.stages.flatMap(({ agents }) => agents)
}

/** Agents tell of files they write while they work; a file is told of once for each time its agent works. */
export function hearOfWrites(work: Work): void {
  setHandler(worked, (sent?: unknown) => {
    const { child, path } = (typeof sent === 'object' && sent !== null ? sent : {}) as Record<string, unknown>
    if (typeof child !== 'string' || typeof path !== 'string') return
    const agent = work.children.get(child)
    const key = `${child} ${path}`
    if (agent === undefined || work.written.has(key)) return
    work.written.add(key)
    tell(work.run, `[${agent.id}] ${agent.existing.includes(path) ? 'changed' : 'created'} ${path.slice(0, 200)}`)
  })
}

/** Lines kept for whoever looks later; a watcher sees them as they come. */
const LINES_KEPT = 200

/** A line for people who watch. */
export function tell(run: Run, line: string): void {
  const n = (run.log.at(-1)?.n ?? 0) + 1
  run.log = [...run.log, { n, line }].slice(-LINES_KEPT)
  changed(run)
}
