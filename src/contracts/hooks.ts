// What happens around an agent that a person's own command, webhook or function may hear of.
import type { Ref } from './refs.js'

export const HOOK_EVENTS = [
  'session_start',
  'prompt_submission',
  'pre_tool_use',
  'post_tool_use',
  'session_end',
  'approval_requested',
  'run_finished',
] as const
export type HookEvent = (typeof HOOK_EVENTS)[number]

/** What a hook gets as JSON, besides what its event has. `id`: the same for every repetition of the same event. */
export type HookPayload = {
  event: HookEvent
  id: string
  run: string
  workflow: string
  agent?: string
  at: string
  [field: string]: unknown
}

export type RunHooksRequest = { agent?: Ref; payload: HookPayload }
/** `block`: why what was about to happen must not; only before it happens. `context`: told to the model. */
export type HookOutcome = { block?: string; context?: string; warnings: string[] }
