// The tools of one agent, ready to be used: those of this worker by name, those of servers as the servers have them now.
// A tool whose definition is no longer the one the agent was started with is known as changed.

import { McpFailure } from '../../../mcp/failure.js'
import type { Tool } from '../../../tools/tool.js'
import type { JudgeDeps } from '../deps.js'
import { agentTool } from './agent-tool.js'
import { type PinnedTool, pinned, type ToolDefinition } from './definitions.js'
import type { StoredAgent } from './stored-agent.js'

export type Toolbox = {
  get(name: string): Tool | undefined
  /** On this worker, whoever has it. */
  exists(name: string): boolean
  /** Why one of the agent's tools is not there: its server is away, or has it no longer. */
  problem(name: string): string | undefined
  /** Of a server's tool that is not what it was when the agent started: what it is now. */
  changed(name: string): PinnedTool | undefined
  /** Of its definition: as its server has it now, of others as it was when the agent started. */
  hash(name: string): string | undefined
  /** As the API takes them, as they were when the agent started. */
  definitions: ToolDefinition[]
}

type ToolboxDeps = Pick<JudgeDeps, 'tools' | 'mcp'>

/** @param names only these are needed: no other server is asked. */
export async function openToolbox(deps: ToolboxDeps, stored: StoredAgent, names?: string[]): Promise<Toolbox> {
  const wanted = stored.tools.filter(({ name }) => names === undefined || names.includes(name))
  const tools = new Map<string, Tool>()
  const problems = new Map<string, string>()
  for (const tool of [...deps.tools, agentTool(stored.agents) as Tool]) tools.set(tool.name, tool)
  const servers = new Set(wanted.flatMap(({ server }) => (server === undefined ? [] : [server])))
  const changed = new Map<string, PinnedTool>()
  await Promise.all(Array.from(servers, (server) => addServer(server)))
  return {
    get: (name) => (wanted.some((tool) => tool.name === name) ? tools.get(name) : undefined),
    exists: (name) => tools.has(name),
    problem: (name) => problems.get(name),
    changed: (name) => changed.get(name),
    hash: (name) => changed.get(name)?.hash ?? wanted.find((tool) => tool.name === name)?.hash,
    definitions: stored.tools.map(({ name, description, input_schema }) => ({ name, description, input_schema })),
  }

  async function addServer(server: string): Promise<void> {
    const own = wanted.filter((tool) => tool.server === server)
    const config = stored.mcpServers[server]
    const listed = config === undefined ? `is not configured` : await list(deps, server, config)
    for (const pin of own) {
      const tool = typeof listed === 'string' ? undefined : listed.find(({ name }) => name === pin.name)
      if (!tool) {
        problems.set(pin.name, typeof listed === 'string' ? listed : `MCP server ${server} has this tool no longer`)
        continue
      }
      const now = pinned(tool, server)
      if (now.hash !== pin.hash) changed.set(pin.name, now)
      tools.set(pin.name, tool)
    }
  }
}

async function list(deps: ToolboxDeps, name: string, server: StoredAgent['mcpServers'][string]) {
  try {
    return await deps.mcp.tools(name, server)
  } catch (error) {
    // The model hears of it and may try again: the run goes on.
    if (error instanceof McpFailure) return error.message
    throw error
  }
}
