// A function of a person's own, given to the worker by name, that is asked about every use of a tool no list decides.
import type { PermissionMode } from '../contracts/agent.js'

export type PermissionQuestion = {
  run: string
  agent: string
  tool: string
  input: unknown
  /** The command, the path or the address. */
  subject: string
  mode: PermissionMode
  workspace?: string
  /** What happens without an answer of yours: `ask` means a person. */
  suggested: 'run' | 'ask' | 'refuse'
  /** Aborted when the answer comes too late to count. */
  signal: AbortSignal
}

/** `updatedInput`: other arguments instead; they are checked like the model's own. `message`: told to the model. */
export type PermissionAnswer =
  | { behavior: 'allow'; updatedInput?: unknown }
  | { behavior: 'deny'; message: string }
  | { behavior: 'ask' }

/** One that throws, or takes longer than a minute, refuses. */
export type PermissionHandler = (question: PermissionQuestion) => Promise<PermissionAnswer> | PermissionAnswer
