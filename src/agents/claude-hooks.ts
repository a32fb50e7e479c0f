// Claude Code's names of events, where ours differ. One that we have no event for is left out with a warning.
import type { HOOK_EVENTS } from '../contracts/hooks.js'

const EVENTS: Record<string, (typeof HOOK_EVENTS)[number]> = {
  SessionStart: 'session_start',
  UserPromptSubmit: 'prompt_submission',
  PreToolUse: 'pre_tool_use',
  PostToolUse: 'post_tool_use',
  PermissionRequest: 'approval_requested',
  SessionEnd: 'session_end',
  Stop: 'run_finished',
}
/** Without a counterpart; none of them forbids anything. */
const LEFT_OUT =
  'ConfigChange Notification PostCompact PostToolUseFailure PreCompact Setup StopFailure SubagentStart SubagentStop TaskCompleted TeammateIdle'.split(
    ' ',
  )

export function claudeHooks(given: Record<string, unknown>, warnings: string[]): Record<string, unknown> {
  const hooks = Object.entries(given).flatMap(([name, groups]) => {
    if (!LEFT_OUT.includes(name)) return [[EVENTS[name] ?? name, groups]]
    warnings.push(`hooks of ${name} are left out: there is no such event here`)
    return []
  })
  return Object.fromEntries(hooks) as Record<string, unknown>
}
