// The servers of tools a worker is connected to. One connection for each configuration, whoever's agent it is in, so that
// a hundred agents with the same server share one; all are closed with the worker.
import { createHash } from 'node:crypto'
import type { Tool as Definition } from '@modelcontextprotocol/client'
import type { McpServer } from '../contracts/schemas/index.js'
import type { Tool } from '../tools/tool.js'
import { type McpConnection, openConnection } from './connection.js'
import type { Environment } from './environment.js'
import { McpFailure } from './failure.js'
import { toolOf } from './server-tool.js'

export type McpPool = {
  /**
   * The tools of a server as it has them now, named `mcp__<server>__<tool>`. Starts it if need be.
   * @throws McpFailure naming the server and what is wrong with it
   */
  tools(name: string, server: McpServer): Promise<Tool[]>
  close(): Promise<void>
}

/** @param options.env what references to secrets are looked up in. `cwd`: where servers start. */
export function openMcpPool(options: { env: Environment; cwd: string }): McpPool {
  const connections = new Map<string, McpConnection>()
  /** Made once for each list a server gives, so that its schemas are compiled once. */
  const made = new WeakMap<Definition[], Map<string, Tool[]>>()
  return {
    async tools(name, server) {
      const key = createHash('sha256').update(JSON.stringify(server)).digest('hex')
      const connection = connections.get(key) ?? openConnection(name, server, options)
      connections.set(key, connection)
      const definitions = await connection.list()
      const byName = made.get(definitions) ?? new Map<string, Tool[]>()
      made.set(definitions, byName)
      const known = byName.get(name)
      if (known) return known
      const tools = definitions.map((definition) => toolOf(name, server, definition, connection))
      refuseClashes(name, tools)
      byName.set(name, tools)
      return tools
    },
    async close() {
      await Promise.all([...connections.values()].map((connection) => connection.close()))
    },
  }
}

function refuseClashes(server: string, tools: Tool[]): void {
  const twice = tools.find(({ name }, index) => tools.findIndex((other) => other.name === name) !== index)
  if (twice) throw new McpFailure('clash', `MCP server ${server}: has two tools called ${twice.name}`)
}
