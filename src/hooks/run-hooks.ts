// All hooks of an event, one after the other, each with what the one before it changed. Before something happens a hook
// may forbid it, and one that fails or hangs does: it was asked because somebody relies on it. Afterwards its failure is
// a warning.
import type { HookEvent, HookOutcome, HookPayload } from '../contracts/hooks.js'
import type { Hooks } from '../contracts/schemas/agent.js'
import { type HookRun, runCommand } from './command.js'
import type { Environment } from './environment.js'
import { type HookFunction, runFunction } from './function.js'
import type { Heard, HookReply } from './reply.js'
import { runWebhook } from './webhook.js'

type Hook = NonNullable<Hooks[HookEvent]>[number]['hooks'][number]

export type HookDeps = {
  /** Given to the worker, by name. */
  functions: Record<string, HookFunction>
  env: Environment
  signal: AbortSignal
  /** Where commands run; default: the worker's directory. */
  cwd?: string
}

/** `input`: what a pre_tool_use hook put in place of the tool's arguments. */
export type HooksOutcome = HookOutcome & { input?: Record<string, unknown> }

const BEFORE: HookEvent[] = ['pre_tool_use', 'prompt_submission']

/** The payload of a tool's event has `tool` (its name) and `input`. @throws when the signal is aborted */
export async function runHooks(hooks: Hooks | undefined, payload: HookPayload, deps: HookDeps): Promise<HooksOutcome> {
  const outcome: HooksOutcome = { warnings: [] }
  const groups = (hooks?.[payload.event] ?? []).filter(({ matcher }) => matches(matcher, payload))
  const contexts: string[] = []
  const before = BEFORE.includes(payload.event)
  for (const hook of groups.flatMap((group) => group.hooks)) {
    deps.signal.throwIfAborted()
    const now = outcome.input === undefined ? payload : { ...payload, input: outcome.input }
    const end = await runHook(hook, now, deps)
    // A command that was ended with the run did not refuse anything.
    deps.signal.throwIfAborted()
    const reply = replyOf(end, payload.event)
    if (reply.context !== undefined) contexts.push(reply.context)
    if (reply.input !== undefined && payload.event === 'pre_tool_use') outcome.input = reply.input
    if (reply.message !== undefined) outcome.warnings.push(`hook ${nameOf(hook)}: ${reply.message}`)
    if (reply.against === undefined) continue
    if (before) {
      outcome.block = reply.failed ? `hook ${nameOf(hook)} failed: ${reply.against}` : reply.against
      break
    }
    outcome.warnings.push(`hook ${nameOf(hook)}: ${reply.against}`)
  }
  return contexts.length > 0 ? { ...outcome, context: contexts.join('\n') } : outcome
}

function runHook(hook: Hook, payload: HookPayload, { functions, env, signal, cwd }: HookDeps): Promise<Heard> {
  const run: HookRun = { text: JSON.stringify(payload), env, signal, ...(cwd !== undefined && { cwd }) }
  switch (hook.type) {
    case 'command':
      return runCommand(hook, run)
    case 'webhook':
      return runWebhook(hook, payload.id, run)
    case 'function':
      return runFunction(functions[hook.name], hook, payload, signal)
  }
}

type Reply = { against?: string; failed?: true; context?: string; input?: Record<string, unknown>; message?: string }

function replyOf(end: Heard, event: HookEvent): Reply {
  switch (end.kind) {
    case 'failed':
      return { against: end.reason, failed: true }
    case 'blocked':
      // After a tool there is nothing left to block: the model hears of it.
      return event === 'post_tool_use' ? { context: end.reason } : { against: end.reason }
    case 'said': {
      const [unknown] = end.unknown
      // Before something happens a misspelt no must not count as a yes.
      if (unknown !== undefined && BEFORE.includes(event))
        return { against: `its answer has the unknown field ${JSON.stringify(unknown.slice(0, 80))}`, failed: true }
      return saidOf(end.reply, event)
    }
  }
}

function saidOf(said: HookReply, event: HookEvent): Reply {
  const { decision, reason, hookSpecificOutput: own, systemMessage, stopReason } = said
  const context = own?.additionalContext
  const reply: Reply = {
    ...(context !== undefined && TOLD.includes(event) && { context }),
    ...(own?.updatedInput && { input: own.updatedInput }),
    ...(systemMessage !== undefined && { message: systemMessage }),
  }
  if (decision !== 'block' && own?.permissionDecision !== 'deny' && said.continue !== false) return reply
  const against = own?.permissionDecisionReason ?? reason ?? stopReason ?? 'it gave no reason'
  if (event !== 'post_tool_use') return { ...reply, against }
  return { ...reply, context: [reply.context, against].filter(Boolean).join('\n') }
}

/** Whose context reaches the model. */
const TOLD: HookEvent[] = ['session_start', 'prompt_submission', 'pre_tool_use', 'post_tool_use']

function nameOf(hook: Hook): string {
  const name = hook.type === 'command' ? hook.command : hook.type === 'webhook' ? new URL(hook.url).host : hook.name
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name)
}

/** "Edit|Write", "mcp__crm__*" (or "mcp__crm__.*"), "*"; only events of tools are narrowed. */
function matches(matcher: string | undefined, { event, tool }: HookPayload): boolean {
  if (matcher === undefined || (event !== 'pre_tool_use' && event !== 'post_tool_use')) return true
  return matcher.split('|').some((one) => {
    const name = one.trim().replace(/\.\*$/, '*')
    return name.endsWith('*') ? String(tool).startsWith(name.slice(0, -1)) : name === tool
  })
}
