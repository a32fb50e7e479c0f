// A review that is acted upon: what it found is offered, an agent works off what a person takes, and what the agent
// changed is theirs to keep or to undo.
import type { Finding, Severity } from './outcome.js'
import type { Ref, Root, Text } from './refs.js'
import type { ThreadInput } from './schemas/index.js'

/** Of a plan. `workspace`: absolute, on the worker's machine. `audit`: whether one is kept. */
export type FixPlan = { workspace: string; approvers?: string[]; audit?: boolean }

/**
 * What became of a finding. `refused`: a person did not want it fixed, or undid the changes; `failed`: the agent did not
 * fix it, or said so and changed nothing.
 */
export type Fix = Pick<Finding, 'file' | 'line' | 'title'> & {
  id: string
  severity: Severity
  status: 'fixed' | 'refused' | 'failed'
  note?: string
}

/** Lines; absent in what is no text. */
export type ChangedFile = { path: string; added?: number; removed?: number }

/** `kept`: false where a person undid them. `diff`: all of them, in git's format. */
export type WorkspaceChanges = { workspace: string; files: ChangedFile[]; diff: Text; kept: boolean }

type Asked = { root: Root; files: Ref }

export type OfferFixesRequest = Asked & { findings: Ref }
/** `list`: what is offered, stored. `fixes`: all of it, as if nothing were taken. */
export type OfferedFixes = {
  list: Ref
  digest: string
  title: string
  choices: { id: string; label: string }[]
  fixes: Fix[]
}

export type BeginFixRequest = Asked & { run: string; list: Ref; ids: string[] }
/** `snapshot`: of the workspace as it was. `input`: what the agent is started with. */
export type BegunFix = { snapshot: string; input: ThreadInput }

export type EndFixRequest = Asked & {
  list: Ref
  ids: string[]
  snapshot: string
  inlineBytes: number
  /** The agent's account; absent: it was stopped, or failed. */
  output?: unknown
  /** Why there is none. */
  problem?: string
}
/** `lines`: for people who are asked, the changes as far as they can be shown. `digest`: of exactly these changes. */
export type EndedFix = {
  snapshot: string
  digest: string
  title: string
  lines: string[]
  changes?: Omit<WorkspaceChanges, 'kept'>
  fixes: Fix[]
}

export type UndoFixRequest = Asked & { from: string; to: string }
/** Paths; `kept`: changed by somebody else since, so left as they are. */
export type UndoneFix = { restored: string[]; kept: string[] }
