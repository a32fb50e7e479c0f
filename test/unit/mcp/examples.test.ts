// The example servers, spoken to as any server is.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { McpServer } from '../../../src/contracts/schemas/index.js'
import { type McpPool, openMcpPool } from '../../../src/mcp/pool.js'
import type { Tool } from '../../../src/tools/tool.js'

const examples = join(import.meta.dirname, '../../../examples')
const directory = mkdtempSync(join(tmpdir(), 'ensemble-crm-'))
let pool: McpPool
let tools: Tool[]

beforeAll(async () => {
  pool = openMcpPool({ env: process.env, cwd: directory })
  const server = (name: string, ...args: string[]) =>
    McpServer.parse({
      command: process.execPath,
      args: [join(examples, name, 'server.js'), ...args],
      trustAnnotations: true,
      tools: { create_contact: { keyArgument: 'idempotency_key' } },
    })
  const crm = server('crm-server', '--db', join(directory, 'crm.sqlite'))
  tools = [...(await pool.tools('crm', crm)), ...(await pool.tools('memory', server('memory-server')))]
})
afterAll(async () => {
  await pool.close()
  rmSync(directory, { recursive: true, force: true })
})

async function ask(name: string, input: object, key = 'a key') {
  const tool = tools.find((one) => one.name === name)
  const output = await tool?.run({ input, key, signal: new AbortController().signal })
  if (typeof output !== 'object') throw new Error(`${name} gave ${output}`)
  const text = String(output.content[0]?.text)
  return output.isError ? { error: text } : JSON.parse(text)
}

describe('the CRM', () => {
  it('says of each of its twelve tools whether it only reads', () => {
    const crm = tools.filter(({ name }) => name.startsWith('mcp__crm__'))
    const names = (read: boolean) =>
      crm.filter(({ permission }) => (permission === 'read') === read).map(({ name }) => name.replace('mcp__crm__', ''))
    expect(names(true)).toEqual(
      ['get_account', 'list_contacts', 'get_contact_by_email', 'get_deal_by_name', 'list_open_deals'].concat([
        'list_activities',
        'list_changes',
        'get_user_info',
      ]),
    )
    expect(names(false)).toEqual(['create_contact', 'update_contact', 'create_deal', 'delete_account'])
  })

  it('knows 90 days of activity and 30 of changes', async () => {
    expect(await ask('mcp__crm__get_account', { account_id: 'ACME' })).toMatchObject({ payment_status: 'overdue' })
    expect(await ask('mcp__crm__list_activities', { account_id: 'ACME' })).toHaveLength(4)
    expect(await ask('mcp__crm__list_activities', { account_id: 'ACME', days: 50 })).toHaveLength(1)
    expect(await ask('mcp__crm__list_changes', { account_id: 'ACME' })).toHaveLength(2)
    expect(await ask('mcp__crm__get_account', { account_id: 'NOBODY' })).toEqual({
      error: 'no account is called NOBODY',
    })
  })

  it('writes once for a key', async () => {
    const contact = { account_id: 'INITECH', name: 'Help desk', email: 'help@initech.example' }
    const first = await ask('mcp__crm__create_contact', contact, 'k1')
    expect(await ask('mcp__crm__create_contact', contact, 'k1')).toEqual({ ...first, repeated: true })
    expect(await ask('mcp__crm__list_contacts', { account_id: 'INITECH' })).toHaveLength(2)
    await ask('mcp__crm__create_contact', contact, 'k2')
    expect(await ask('mcp__crm__list_contacts', { account_id: 'INITECH' })).toHaveLength(3)
  })
})

describe('the memory', () => {
  it('tells an account in order, finds words in it, and what has to do with it', async () => {
    const timeline = await ask('mcp__memory__get_account_timeline', { account_id: 'ACME' })
    const days = timeline.map(({ at }: { at: string }) => at)
    expect(days).toEqual([...days].sort())
    const promises = await ask('mcp__memory__search_account_history', { account_id: 'ACME', query: 'promised' })
    expect(promises.length).toBeGreaterThan(2)
    expect(promises[0]).toMatchObject({ source: expect.any(String), kind: expect.any(String) })
    expect(await ask('mcp__memory__get_related_entities', { account_id: 'ACME' })).toHaveLength(3)
  })
})
