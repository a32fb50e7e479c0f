// An agent as its thread goes on with it: everything that decides what it may do, put together once, checked, stored and
// named by its hash. Editing an agent's file, a list or a server changes the next run, never this one.
import type { z } from 'zod'
import { type AgentPlan, ENGINES, type PermissionMode } from '../../../contracts/agent.js'
import { HOOK_EVENTS } from '../../../contracts/hooks.js'
import type { Root } from '../../../contracts/refs.js'
import type { AgentDefinition, agentFields, Hooks, McpServer } from '../../../contracts/schemas/agent.js'
import type { JudgeDeps } from '../deps.js'
import type { PinnedTool } from './definitions.js'
import { parentOf } from './parent.js'
import type { PermissionSet } from './permission-set.js'
import { resolveAgent } from './resolve-agent.js'
import { systemText } from './system-text.js'

export type Definition = z.output<typeof AgentDefinition>
/** The fields of a thread's input that are about its agent, parsed. */
export type AgentFields = z.output<z.ZodObject<typeof agentFields>>

export type StoredAgent = {
  /** Without a prompt: a thread that was given tools and no agent. */
  definition: Omit<Definition, 'prompt'> & { prompt?: string }
  /** Real path. */
  workspace?: string
  /** Absolute; with a slash at the end: all below it. Nothing else is written. */
  owns?: string[]
  mode: PermissionMode
  /** Its own, then those of the agents above it, nearest first: the strictest counts. */
  permissions: PermissionSet[]
  tools: PinnedTool[]
  /** Secrets by reference only. */
  mcpServers: Record<string, McpServer>
  hooks?: Hooks
  maxSteps: number
  depth: number
  allowUnsandboxed: boolean
  /** Whom it may start besides built-in agents. */
  agents: Definition[]
  approvers?: string[]
}

export type PreparedAgent = {
  plan: AgentPlan
  stored: StoredAgent
  /** Its system text. */
  system: string
  model?: string
  maxTokens?: number
  warnings: string[]
}

/** Stores the agent under `self`. @throws InputError, for people */
export async function prepareAgent(
  deps: JudgeDeps,
  { self, ...input }: AgentFields & { self: Root },
): Promise<PreparedAgent> {
  const parent = input.parent && (await parentOf(deps, input.parent.agent))
  const { agent, warnings } = await resolveAgent(deps, input, parent)
  const { definition, mode, workspace, owns, tools, maxSteps, depth, hooks, approvers, permissions } = agent
  const { name, prompt, model, maxTokens } = definition
  const heard = HOOK_EVENTS.filter((event) => (hooks?.[event]?.length ?? 0) > 0)
  const asksHandler = permissions.some(({ rules }) => rules.handler !== undefined)
  const plan: AgentPlan = {
    name,
    ref: await deps.store.put(self, JSON.stringify(agent)),
    engine: input.engine ?? ENGINES[0],
    mode,
    ...(workspace !== undefined && { workspace }),
    tools: tools.map((tool) => tool.name),
    maxSteps,
    depth,
    judging: asksHandler || heard.includes('pre_tool_use') ? 'activity' : 'inline',
    hooks: heard,
    audit: input.audit ?? deps.settings.audit,
    ...(approvers && { approvers }),
    onUnknown: input.onUnknown ?? 'person',
    ...(input.owns && input.parent === undefined && { reports: true as const }),
  }
  return {
    plan,
    stored: agent,
    system: systemText({
      ...(prompt !== undefined && { prompt }),
      ...(workspace !== undefined && { workspace }),
      ...(owns && { owns }),
      modes: permissions.map((set) => set.mode),
    }),
    ...(model !== undefined && { model }),
    ...(maxTokens !== undefined && { maxTokens }),
    warnings,
  }
}
