// One server, kept at hand: started when it is first needed, started again when it died, later and later if it keeps
// dying, and closed when nobody has needed it for a while.
import { type CallToolResult, Client, type Tool as Definition, type Transport } from '@modelcontextprotocol/client'
import type { McpServer } from '../contracts/schemas/index.js'
import { type Environment, expanding } from './environment.js'
import { failureOf } from './errors.js'
import { McpFailure } from './failure.js'
import { transportTo } from './transport.js'

/** To start and to introduce itself: a package runner may have to fetch it first. */
const CONNECT_MS = 30_000
/** After a time-out: one that does not answer this is taken for dead. */
const PING_MS = 2000
const IDLE_MS = 10 * 60_000
/** A list is asked for again after this, because not every server says that its tools changed. */
const LIST_MS = 60_000
const MAX_BACKOFF_MS = 30_000
const MAX_TOOLS = 500
const MAX_LIST_BYTES = 2 * 1024 * 1024

export type McpConnection = {
  /** Its tools as it describes them: the same array until it says otherwise. */
  list(): Promise<Definition[]>
  call(tool: string, args: Record<string, unknown>, options: { signal: AbortSignal }): Promise<CallToolResult>
  close(): Promise<void>
}

type Open = { client: Client; transport: Transport; redact(text: string): string }

export function openConnection(
  name: string,
  server: McpServer,
  given: { env: Environment; cwd: string },
): McpConnection {
  let opening: Promise<Open> | undefined
  let listed: { at: number; text: string; tools: Definition[] } | undefined
  let failures = 0
  let notBefore = 0
  let lastFailure = ''
  let closed = false
  let idle: NodeJS.Timeout | undefined

  const named = (failure: McpFailure, redact: (text: string) => string = (text) => text) =>
    new McpFailure(failure.kind, redact(`MCP server ${name}: ${failure.message}`), failure.mayHaveHappened)

  /** The first restart is at once, the others wait longer each time; a call that succeeds forgets all that. */
  const failed = (failure: McpFailure) => {
    const wait = failures === 0 ? 0 : Math.min(MAX_BACKOFF_MS, 1000 * 2 ** (failures - 1))
    failures++
    notBefore = Date.now() + wait
    lastFailure = failure.message
    return failure
  }

  const start = async (): Promise<Open> => {
    if (closed) throw new McpFailure('died', `MCP server ${name}: this worker is ending`)
    const wait = notBefore - Date.now()
    if (wait > 0) throw new McpFailure('died', `${lastFailure}; it is started again in ${Math.ceil(wait / 1000)} s`)
    const expand = expanding(name, given.env)
    const transport = transportTo(server, expand, given)
    const client = new Client(
      { name: 'ensemble', version: '1' },
      'url' in server ? { versionNegotiation: { mode: 'auto' } } : {},
    )
    client.setNotificationHandler('notifications/tools/list_changed', () => {
      if (listed) listed.at = 0
    })
    try {
      await client.connect(transport, { timeout: CONNECT_MS })
    } catch (error) {
      const failure = named(failureOf(error, transport, false), expand.redact)
      await transport.close()
      throw failed(failure)
    }
    return { client, transport, redact: expand.redact }
  }

  const open = (): Promise<Open> => {
    clearTimeout(idle)
    idle = setTimeout(() => void drop(), IDLE_MS)
    idle.unref()
    if (opening) return opening
    const begun = start()
    opening = begun
    const forget = () => {
      if (opening === begun) opening = undefined
    }
    begun.then(
      ({ client, transport, redact }) => {
        client.onclose = () => {
          if (opening !== begun) return
          forget()
          failed(named(failureOf(undefined, transport, false), redact))
        }
      },
      () => forget(), // told to whoever waits for it
    )
    return begun
  }

  const drop = async (): Promise<void> => {
    const dropped = opening
    opening = undefined
    if (listed) listed.at = 0
    const [ended] = await Promise.allSettled([dropped])
    if (ended.status === 'fulfilled' && ended.value) await ended.value.client.close()
  }

  const asking = async <T>(ask: (client: Client) => Promise<T>, signal?: AbortSignal): Promise<T> => {
    const connection = await open()
    const { client, transport, redact } = connection
    try {
      const answer = await ask(client)
      failures = 0
      return answer
    } catch (error) {
      signal?.throwIfAborted()
      const failure = named(failureOf(error, transport, true), redact)
      if (failure.kind === 'timedOut' && (await answers(client))) throw failure
      if (failure.kind !== 'refused' && (await opening) === connection) {
        failed(failure)
        await drop()
      }
      throw failure
    }
  }

  return {
    async list() {
      if (listed && Date.now() - listed.at < LIST_MS && opening) return listed.tools
      const tools = await asking(async (client) => {
        const answer = await client.listTools(undefined, { timeout: CONNECT_MS, cacheMode: 'refresh' })
        return answer.tools
      })
      const text = JSON.stringify(tools)
      if (tools.length > MAX_TOOLS || text.length > MAX_LIST_BYTES)
        throw named(new McpFailure('flood', `describes ${tools.length} tools in ${text.length} characters`))
      listed = { at: Date.now(), text, tools: listed?.text === text ? listed.tools : tools }
      return listed.tools
    },
    call: (tool, args, { signal }) =>
      asking(
        (client) => client.callTool({ name: tool, arguments: args }, { signal, timeout: server.timeoutSeconds * 1000 }),
        signal,
      ),
    async close() {
      closed = true
      clearTimeout(idle)
      await drop()
    },
  }
}

async function answers(client: Client): Promise<boolean> {
  try {
    await client.ping({ timeout: PING_MS })
    return true
  } catch {
    return false // whatever it said instead: it is started again
  }
}
