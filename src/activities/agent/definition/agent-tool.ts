// The built-in tool `agent` has no body: the workflow starts a child thread instead. Its definition names who there is.
import { z } from 'zod'
import { BUILTIN_AGENTS } from '../../../agents/builtin.js'
import { MAX_AGENT_DEPTH } from '../../../contracts/agent.js'
import type { Tool } from '../../../tools/tool.js'

export const AGENT_TOOL = 'agent'

export const AgentToolInput = z.strictObject({
  name: z.string().describe('Which agent'),
  task: z.string().min(1).max(100_000).describe('All it needs to know: it does not see this conversation'),
})

type Startable = { name: string; description?: string | undefined }

/** Own ones hide built-in ones of the same name. */
export function startableAgents(own: Startable[]): Startable[] {
  return [...own, ...BUILTIN_AGENTS.filter(({ name }) => own.every((agent) => agent.name !== name))]
}

export function agentTool(own: Startable[]): Tool<z.infer<typeof AgentToolInput>> {
  const list = startableAgents(own).map(({ name, description }) => `- ${name}${description ? `: ${description}` : ''}`)
  return {
    name: AGENT_TOOL,
    description: `Gives a task to another agent, which works in a context of its own; its last answer comes back. It may never do more than you may. Agents:\n${list.join('\n')}`,
    schema: AgentToolInput,
    // Starting one does nothing by itself: whatever it does is decided when it does it.
    permission: 'read',
    effect: 'idempotent',
    subject: ({ name }) => name,
    run: () => Promise.reject(new Error(`${AGENT_TOOL} is run by the workflow (at most ${MAX_AGENT_DEPTH} deep)`)),
  }
}
