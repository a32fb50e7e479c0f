// One tool, whatever it is: built in, a person's own, of an MCP server. What it may touch and what a repeat would do are
// declared beside what it does, so that permissions and recovery need not know any tool by name.
import type { z } from 'zod'
import type { EffectClass, PermissionClass } from '../contracts/agent.js'
import type { ContentBlock } from '../contracts/conversation.js'

export type ToolContext = {
  /** Aborted when a person stops the run or the time is over. */
  signal: AbortSignal
  /** The workspace, absolute, its real path; tools of class `read` and `edit` are confined to it. */
  cwd?: string
  /** Absolute, with a slash at the end of directories: all that may be written. Absent: whatever permissions allow. */
  owns?: string[]
  /** The same in every attempt of this call: an idempotency key for what the tool talks to. */
  key: string
  /** The run's own word that shell commands may go without a sandbox; never together with `bypassPermissions`. */
  allowUnsandboxed?: boolean
}

/** Text, or content blocks of a tool result. `isError`: it failed, and this says how. */
export type ToolOutput = string | { content: ContentBlock[]; isError?: boolean }

/**
 * Thrown by a tool that cannot know whether its effect happened: the connection broke after the request went out. Any
 * other error says that it failed.
 */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown'
}

export type Tool<Input = unknown> = {
  name: string
  description: string
  /** What it accepts; the model is sent it as JSON Schema, or `jsonSchema` where there is one. */
  schema: z.ZodType<Input>
  jsonSchema?: Record<string, unknown>
  permission: PermissionClass
  effect: EffectClass
  /** What argument patterns match, and people see beside the name: a command, a path. */
  subject?(input: Input): string
  /** Paths of the workspace it reads or writes, as they were given. */
  paths?(input: Input): string[]
  run(call: ToolContext & { input: Input }): Promise<ToolOutput>
  /**
   * `reconcilable`: what an earlier attempt with this key did; undefined: nothing, so it may run. Throws when it cannot
   * tell: then the outcome is unknown, as of an unsafe tool.
   */
  check?(call: ToolContext & { input: Input }): Promise<ToolOutput | undefined>
  /** Only an agent whose list has this very name has it: no list and no pattern is enough. */
  onlyWhenNamed?: boolean
  /** Seconds one call may take; default 120. */
  timeoutSeconds?: number
}
