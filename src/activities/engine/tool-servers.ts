// The agent's own tools, offered to the program as MCP servers inside this process. It runs none of its own: so every
// effect passes the same permissions, sandbox, journal and audit as with the built-in engine, and a program whose worker
// has died can do nothing any more.
import type { ContentBlock } from '../../contracts/conversation.js'

export type ToolDefinition = { name: string; description?: string; input_schema: object; reads: boolean }
export type ToolGave = { content: ContentBlock[]; isError: boolean }

type Message = { id?: number | string; method?: string; params?: Record<string, unknown> }
type Transport = { onmessage?(message: Message): void; start?(): Promise<void>; send(message: object): Promise<void> }

const OURS = 'ensemble'

/** As the program names it: those of a real MCP server keep their name. */
export function sdkName(tool: string): string {
  return tool.startsWith('mcp__') ? tool : `mcp__${OURS}__${tool}`
}

export function ownName(name: string): string {
  return name.startsWith(`mcp__${OURS}__`) ? name.slice(`mcp__${OURS}__`.length) : name
}

/** One server for our own tools, one for each real MCP server of the agent. */
export function toolServers(
  tools: ToolDefinition[],
  use: (tool: string, id: string) => Promise<ToolGave>,
): Record<string, unknown> {
  const servers = new Map<string, ToolDefinition[]>()
  for (const tool of tools) {
    const [, server = OURS] = sdkName(tool.name).split('__')
    servers.set(server, [...(servers.get(server) ?? []), tool])
  }
  return Object.fromEntries(
    [...servers].map(([name, its]) => [
      name,
      { type: 'sdk', name, alwaysLoad: true, instance: serverOf(name, its, use) },
    ]),
  )
}

function serverOf(server: string, tools: ToolDefinition[], use: (tool: string, id: string) => Promise<ToolGave>) {
  const prefix = `mcp__${server}__`
  const listed = tools.map(({ name, description, input_schema: inputSchema, reads }) => ({
    name: sdkName(name).slice(prefix.length),
    ...(description !== undefined && { description }),
    inputSchema,
    // Those that only read may be asked for at the same time.
    annotations: { readOnlyHint: reads },
  }))
  const answer = async ({ method, params = {} }: Message): Promise<object> => {
    switch (method) {
      case 'initialize':
        return {
          protocolVersion: params.protocolVersion,
          capabilities: { tools: {} },
          serverInfo: { name: server, version: '1' },
        }
      case 'tools/list':
        return { tools: listed }
      case 'tools/call': {
        const { content, isError } = await use(ownName(`${prefix}${params.name}`), toolUseIdOf(params))
        return { content: content.map(toMcp), isError }
      }
      default:
        return {}
    }
  }
  return {
    async connect(transport: Transport) {
      transport.onmessage = (message) => {
        const { id } = message
        if (id === undefined) return
        const sent = answer(message).then(
          (result) => transport.send({ jsonrpc: '2.0', id, result }),
          (error: unknown) => transport.send({ jsonrpc: '2.0', id, error: { code: -32603, message: String(error) } }),
        )
        // The program is gone: its exit is what ends the turn.
        sent.catch(() => {})
      }
      await transport.start?.()
    },
    async close() {},
  }
}

function toolUseIdOf({ _meta: meta }: Record<string, unknown>): string {
  const id = (meta as Record<string, unknown> | undefined)?.['claudecode/toolUseId']
  if (typeof id !== 'string') throw new Error('the program called a tool without saying for which tool use')
  return id
}

function toMcp(block: ContentBlock): object {
  const source = block.source as { type?: string; media_type?: string; data?: string } | undefined
  if (block.type === 'text') return { type: 'text', text: String(block.text) }
  if (block.type === 'image' && source?.type === 'base64')
    return { type: 'image', data: source.data, mimeType: source.media_type }
  return { type: 'text', text: JSON.stringify(block) }
}
