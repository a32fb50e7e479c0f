// An agent as it crosses to activities and back. What it is (prompt, tools, permissions, hooks) is stored and pinned by
// hash when its thread is prepared; the workflow carries the hash and what its loop must decide by.
import type { HookEvent } from './hooks.js'
import type { Ref, Root, Text } from './refs.js'

export const PERMISSION_MODES = ['default', 'acceptEdits', 'plan', 'bypassPermissions'] as const
/**
 * `default`: reads inside the workspace run, all else is asked. `acceptEdits`: also write and edit inside it. `plan`:
 * reads only, ends with a plan. `bypassPermissions`: all but the deny list.
 */
export type PermissionMode = (typeof PERMISSION_MODES)[number]

/** What modes decide by. */
export type PermissionClass = 'read' | 'edit' | 'execute' | 'network' | 'other'

/**
 * What a repeat would do. `read`, `idempotent`: run again after a crash. `reconcilable`: its `check` says whether it
 * happened. `unsafe`: an unknown outcome is decided by a person.
 */
export type EffectClass = 'read' | 'idempotent' | 'reconcilable' | 'unsafe'

export const ENGINES = ['builtin', 'agent-sdk'] as const
export type Engine = (typeof ENGINES)[number]

/** Agents may start agents, so deep. */
export const MAX_AGENT_DEPTH = 3

/** What `prepareThread` makes of an agent. */
export type AgentPlan = {
  name: string
  /** The stored agent: all that decides what it may do, pinned. */
  ref: Ref
  engine: Engine
  mode: PermissionMode
  /** Absolute; absent: none of its tools touches files. */
  workspace?: string
  /** Names as the model sees them. */
  tools: string[]
  /** Model calls of one turn. */
  maxSteps: number
  /** 0: started by a person. */
  depth: number
  /** Tool calls are judged by an activity of their own: hooks or a handler take their time. */
  judging: 'inline' | 'activity'
  /** What somebody listens to. */
  hooks: HookEvent[]
  audit: boolean
  /** It owns files: the run it works for hears of each it writes. */
  reports?: true
  /** Who may answer its approvals; absent: anybody. */
  approvers?: string[]
  /** Asked when an unsafe tool's outcome is unknown. */
  onUnknown: 'person' | 'model'
}

/** A model's wish to use a tool, judged on the activity side: schema, permissions, hooks. */
export type ToolCall = {
  /** Of the tool_use block. */
  id: string
  /** As the model named it. */
  tool: string
  /** Of the call's place, the tool and the exact arguments: what an approval is bound to. */
  digest: string
  effect: EffectClass
  /** One line for people, invisible characters made visible: "Edit src/a.ts". At most 200 characters. */
  summary: string
  verdict: Verdict
  /** Arguments that a hook or a handler put in place of the model's; stored. */
  input?: Ref
  /** Seconds it may take; absent: 120. */
  timeoutSeconds?: number
}

/** Tool calls of one answer that are judged and run; the model is told of the others. */
export const MAX_CALLS_OF_STEP = 64

export type Verdict =
  /** `by`: the rule that decided, for the audit: "mode default: read", "allow Bash(git status:*)". */
  | { kind: 'run'; by: string }
  | { kind: 'ask'; by: string; question: ToolQuestion }
  /** A permission error to the model. */
  | { kind: 'refuse'; by: string; reason: string }
  /** Unknown tool, or arguments that do not fit: an error to the model. */
  | { kind: 'invalid'; reason: string }
  /** The built-in tool `agent`: a child with its own context. */
  | { kind: 'agent'; name: string; task: string }

/** What a person is shown before a tool runs. */
export type ToolQuestion = {
  /** The exact arguments as JSON, invisible characters made visible; cut at 4 kB, then `whole` has all of it. */
  arguments: string
  whole?: Ref
  /** Said before the arguments: the tool is not what it was when the agent started. */
  notice?: string
  approvers?: string[]
  expiry?: Expiry
}

/** `escalate`: from then on `to` may answer, too; it goes on waiting. */
export type Expiry = { seconds: number; onExpiry: 'wait' | 'deny' | 'escalate'; to?: string[] }

/** The journal's name for a tool call of a model call: the effect's stable key within the root. */
export function toolStepOf(step: string, id: string): string {
  return `${step}:tool:${id}`
}

/** How one tool call ended, as the model hears of it: a stored list of content blocks, or text such as a child's answer. */
export type ToolResult = {
  id: string
  isError: boolean
  /** Of what is stored, where it is known. */
  bytes?: number
  content: { ref: Ref } | { text: Text }
}

/** `edited`: a person's arguments for one of the calls, judged instead of the model's. */
export type JudgeCallsRequest = {
  root: Root
  /** Of the execution, as hooks and handlers hear of it. */
  run: string
  /** Of the model call. */
  step: string
  label: string
  agent: Ref
  /** Whose answer holds the tool_use blocks. */
  chunk: Ref
  edited?: { id: string; input: unknown }
}

export type RunToolRequest = {
  root: { workflowId: string; firstRunId: string }
  run: string
  /** Names this call within the root: the effect's stable key. */
  step: string
  label: string
  agent: Ref
  /** Whose answer holds the tool_use block. */
  chunk: Ref
  call: Pick<ToolCall, 'id' | 'tool' | 'digest' | 'effect' | 'input'>
  /** Who let it run; absent: a rule. */
  approved?: { by: string; at: string }
  /** A person looked at an unknown outcome and wants it done again. */
  again?: true
  timeoutSeconds: number
}

/**
 * `unknown`: an earlier attempt died while an unsafe tool ran, or its check could not tell; nothing was repeated.
 * `interrupted`: stopped by a person; `happened` says what is known of it.
 */
export type RunToolOutcome = {
  kind: 'done' | 'interrupted' | 'unknown'
  result: ToolResult
  /** Of the output before it was capped. */
  bytes: number
  /** First characters, for people: at most 200. */
  head: string
  /** Of one that was interrupted: whether it did what it was to do. */
  happened?: 'yes' | 'no' | 'unknown'
  ms: number
}
