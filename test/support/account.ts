// The example servers of an account review, with a database of their own, and a look at it from outside.
import { join } from 'node:path'
import { McpServer } from '../../src/contracts/schemas/index.js'
import { openMcpPool } from '../../src/mcp/pool.js'

const examples = join(import.meta.dirname, '../../examples')
const ONCE = { keyArgument: 'idempotency_key' }

export function accountServers(home: string) {
  return {
    crm: {
      command: process.execPath,
      args: [join(examples, 'crm-server/server.js'), '--db', join(home, 'crm.sqlite')],
      trustAnnotations: true,
      tools: { create_contact: ONCE, create_deal: ONCE },
    },
    memory: {
      command: process.execPath,
      args: [join(examples, 'memory-server/server.js')],
      trustAnnotations: true,
    },
  }
}

export type LookUp = {
  /** What one of the CRM's reads gives. */
  ask(tool: string, input: object): Promise<unknown>
  close(): Promise<void>
}

/** By a server process of its own. */
export async function openLookUp(home: string): Promise<LookUp> {
  const pool = openMcpPool({ env: process.env, cwd: home })
  const tools = await pool.tools('crm', McpServer.parse(accountServers(home).crm))
  return {
    async ask(tool, input) {
      const found = tools.find(({ name }) => name === `mcp__crm__${tool}`)
      const output = await found?.run({ input, key: 'look', signal: new AbortController().signal })
      if (typeof output !== 'object') throw new Error(`${tool} gave ${output}`)
      return JSON.parse(String(output.content[0]?.text))
    },
    close: () => pool.close(),
  }
}
