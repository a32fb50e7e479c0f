// A coding run as it crosses to activities and back, and what people get of it. The plan, the reports and what is to be
// committed are stored; the workflow carries refs, names of agents and git's own hashes.
import type { AuditHead } from './audit.js'
import type { ItemResult, ModelServer, PlannedResult, RunResult } from './outcome.js'
import type { Plan } from './plan.js'
import type { Ref, Root, Text } from './refs.js'
import type { ThreadInput } from './schemas/index.js'
import type { Usage, Usd } from './usage.js'

export const PLANNER_ITEM = 'planner'
/** The tests of the combined work, and the commits: items of the run that cost nothing. */
export const TESTS_ITEM = 'tests'
export const COMMIT_ITEM = 'commit'

/** One agent of a plan. `what`: its commit's subject. `tokens`: of output; `usd`: expected. */
export type CodeAgent = {
  id: string
  what: string
  task: string
  files: string[]
  criteria: string[]
  model: string
  tokens: number
  minutes: number
  usd: Usd
}
export type CodeStage = { title: string; mode: 'parallel' | 'sequential'; agents: CodeAgent[] }
export type CodePlan = { summary: string; stages: CodeStage[] }

/** What the workflow knows of an accepted plan. `plan`: all of it, stored. */
export type CodeWork = {
  plan: Ref
  stages: { title: string; mode: CodeStage['mode']; agents: Pick<CodeAgent, 'id' | 'model'>[] }[]
}

/** Of a plan. `keep`: what activities need to know of repository and input, stored. */
export type CodeFacts = {
  keep: Ref
  /** Hash, of the branch when the run began. */
  commit: string
  /** The command, where there is one. */
  test?: string
  /** The planner's thread, but for its task; absent: a person gave the plan. */
  planner?: ThreadInput
  /** Once a plan was accepted by code. */
  work?: CodeWork
  approvers?: string[]
  audit?: boolean
  /** The task queue of the machine that has the repository; absent: the run's own. */
  host?: string
  /** Of a rerun: what an earlier run left. */
  earlier?: EarlierWork
  /** The run takes back what this one (by its first run id) committed, and does nothing else. */
  undo?: { root: Root; run: string }
}
/** A plan of a coding run. */
export type CodeRunPlan = Plan & { code: CodeFacts }

/** A part of the work, as git has it: exactly an agent's own changes, on `base`. Hashes. */
export type Piece = { agent: string; base: string; commit: string }
/** `done`: agents that need not work again. `partial`: where others were stopped; `again`: what they are told. */
export type EarlierWork = {
  done: string[]
  pieces: Piece[]
  reports: Record<string, Ref>
  partial: Record<string, Piece>
  again: Record<string, { note: string; by: 'person' | 'failure' }>
}

export type WorkFile = { path: string; change: 'created' | 'changed' | 'deleted'; added?: number; removed?: number }
export type Criterion = { criterion: string; met: boolean; shown: string }

/** What one agent did. `outside`: what it changed and does not own, which is not taken. `problem`: why it did not end well. */
export type CodeReport = {
  agent: string
  what: string
  work: string
  files: WorkFile[]
  criteria: Criterion[]
  outside: string[]
  problem?: string
}

/** `failing`: files or names of tests. `total`: where the runner says it. `ended`: why they ended before their time, or did not run. */
export type TestReport = {
  command: string
  ok: boolean
  passed?: number
  total?: number
  failing: string[]
  exitCode: number | null
  ended?: string
  seconds: number
  output: Text
}

export type BriefPlannerRequest = {
  root: Root
  keep: Ref
  /** The plan before: the model's answer, or one that was accepted. */
  before?: { answer?: unknown; plan?: Ref; note: string; by: 'person' | 'check' }
}
/** `spentUsd`: on planning so far. */
export type JudgeCodePlanRequest = { plan: CodeRunPlan; answer?: unknown; spentUsd: Usd }
export type JudgedCodePlan = { plan: CodeRunPlan } | { refused: string }

type Asked = { root: Root; keep: Ref; plan: Ref }
/** `root`: what the work is kept under, of the original run; `run`: the one that works. */
type OfRun = Asked & { run: Root }

/** `commit`: what it begins with. `base`: what its changes are counted from. `attempt`: from 1. */
export type OpenWorktreeRequest = OfRun & {
  agent: string
  attempt: number
  commit: string
  again?: { note: string; by: 'person' | 'tests' | 'failure'; output?: Text }
}
/** `existing`: files the agent owns that are there already. */
export type OpenedWorktree = { path: string; input: ThreadInput; existing: string[] }

export type CollectWorkRequest = OfRun & {
  agent: string
  attempt: number
  base: string
  path: string
  /** Of the agent, which go on being its work. */
  earlier: Piece[]
  /** ISO. */
  at: string
  /** The agent's report, where it gave one; a large one is a TextRef. */
  output?: unknown
  problem?: string
}
/** `report`: stored. `unmet`: criteria nobody showed. `lines`: for whoever watches. */
export type CollectedWork = {
  piece: Piece
  report: Ref
  files: number
  unmet: string[]
  lines: string[]
  work: string
  /** Their names, as far as they go on a line. */
  names: string
}

export type CombineWorkRequest = OfRun & { onto: string; pieces: Piece[]; at: string }
export type CombinedWork =
  | { kind: 'clean'; commit: string }
  | { kind: 'conflict'; agent: string; files: string[]; text: string }

export type TestWorkRequest = OfRun & { commit: string; attempt: number; inlineBytes: number }
/** `blamed`: agents that own what fails; all that worked last, where nobody can tell. */
export type TestedWork = { report: TestReport; blamed: string[] }

export type OfferWorkRequest = OfRun & {
  base: string
  commit: string
  /** In the order they were put together. */
  pieces: Piece[]
  reports: Record<string, Ref>
  /** Of agents that did not end well, and why. */
  problems: Record<string, string>
  tests?: TestReport
  at: string
}
/** `commits`: what would be committed, stored. `reports`: with the files of each agent's whole work. */
export type OfferedWork = {
  commits: Ref
  reports: Record<string, Ref>
  digest: string
  title: string
  lines: string[]
  count: number
}

export type CommitWorkRequest = OfRun & { commits: Ref; base: string; at: string }
/** `tip`: the branch, when it had moved meanwhile. `problem`: why nothing was committed, in a line; `lines`: what shows it. */
export type CommittedWork =
  | { kind: 'committed'; commits: CodeCommit[]; rebased?: string }
  | { kind: 'blocked'; problem: string; lines: string[]; digest: string }
export type CodeCommit = { commit: string; subject: string; agent: string; files: string[] }

export type UndoCodeRequest = { root: Root; keep: Ref; of: { root: Root; run: string }; at: string }
export type UndoneCode =
  | { kind: 'undone'; commits: string[] }
  | { kind: 'blocked'; problem: string; lines: string[]; digest: string }

/** How long and how dear: milliseconds from its beginning to its end, once for each time it worked. */
export type AgentTime = { agent: string; ms: number; usage: Usage; usd: Usd }
export type FinishCodeRequest = OfRun & {
  title: string
  server: ModelServer
  inlineBytes: number
  items: Pick<ItemResult, 'id' | 'status' | 'usage' | 'usd'>[]
  times: AgentTime[]
  /** Milliseconds of all stages together, and of the whole run without what a person took to answer. */
  workMs: number
  totalMs: number
  reports: Record<string, Ref>
  problems: Record<string, string>
  tests?: TestReport
  commits: CodeCommit[]
  problem?: string
}
export type ModelTokens = { model: string; inputTokens: number; outputTokens: number; usd: Usd }
/** Measured, never claimed. `ms`: of the agents one after the other, and as it was. `usd`: the same tokens on the planning model, and as it was. */
export type Savings = {
  time: { togetherMs: number; oneByOneMs: number; percent: number }
  cost: { model: string; usd: Usd; plannedUsd: Usd; percent: number | null }
}
export type FinishedCode = {
  plan: CodePlan
  reports: CodeReport[]
  commits: CodeCommit[]
  tests?: TestReport
  tokens: ModelTokens[]
  savings: Savings
  /** Markdown. */
  summary: Text
}

/** `keepRefs`: what the agents did stays in git, out of sight, for a rerun. */
export type ClearWorkRequest = OfRun & { keepRefs: boolean }

/** `plan`: of the work, or of a dry run. */
export type CodeResult = RunResult & {
  plan?: CodePlan | PlannedResult
  audit?: AuditHead
  problem?: string
} & Partial<Omit<FinishedCode, 'plan'>>
