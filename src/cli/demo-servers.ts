// The example servers of tools that come with the package, as `.mcp.json` would name them: a CRM in a file of the data
// directory, and what is remembered of its accounts.
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AccountInput } from '../contracts/schemas/index.js'
import { UsageError } from './exit.js'

/** Their writes take the call's key: asked for twice, done once. */
const ONCE = { keyArgument: 'idempotency_key' }

export function demoServers(home: string): NonNullable<AccountInput['mcpServers']> {
  mkdirSync(home, { recursive: true })
  return {
    crm: {
      command: process.execPath,
      args: [example('crm-server'), '--db', join(home, 'demo-crm.sqlite')],
      trustAnnotations: true,
      tools: { create_contact: ONCE, update_contact: ONCE, create_deal: ONCE, delete_account: ONCE },
    },
    memory: { command: process.execPath, args: [example('memory-server')], trustAnnotations: true },
  }
}

function example(name: string): string {
  const path = fileURLToPath(new URL(`../../examples/${name}/server.js`, import.meta.url))
  if (!existsSync(path)) throw new UsageError(`--demo: ${path} is not there; it comes with the package`)
  return path
}
