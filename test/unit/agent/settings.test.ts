// What a worker's settings say holds for every agent that does not say it itself, and for the agents it starts.
import { expect, it } from 'vitest'
import type { HookPayload } from '../../../src/contracts/hooks.js'
import { PermissionRules } from '../../../src/contracts/schemas/agent.js'
import { agentStage, toolCalled } from './agent-stage.js'

const rules = (lists: object) => PermissionRules.parse(lists)
const server = (command: string) => ({
  command,
  args: [],
  env: {},
  timeoutSeconds: 60,
  trustAnnotations: false,
  tools: {},
})

it('mode, approvers and audit are taken where the run and the agent say nothing', async () => {
  const settings = { permissionMode: 'plan' as const, approvers: ['ada'], audit: false }
  const { workspace, prepare } = await agentStage({ settings })
  const { plan } = await prepare({ agent: 'coder', workspace })
  expect(plan).toMatchObject({ mode: 'plan', approvers: ['ada'], audit: false })
  const own = await prepare({ agent: 'coder', workspace, permissionMode: 'default', approvers: ['eve'], audit: true })
  expect(own.plan).toMatchObject({ mode: 'default', approvers: ['eve'], audit: true })
})

it('its rules and hooks are added to every agent’s own, and hold for the agents it starts', async () => {
  const settings = {
    permissions: rules({ deny: ['act(*never*)'], allow: ['act'] }),
    hooks: { pre_tool_use: [{ hooks: [{ type: 'function' as const, name: 'mine', timeout: 60 }] }] },
  }
  const heard: string[] = []
  const hooks = {
    mine({ input }: HookPayload) {
      heard.push((input as { what: string }).what)
      return undefined
    },
  }
  const { prepare, one } = await agentStage({ settings, hooks, tools: [toolCalled('act')] })
  const { plan } = await prepare({})
  expect(plan).toMatchObject({ judging: 'activity', hooks: ['pre_tool_use'] })
  for (const agent of [{}, { parent: { agent: plan.ref, depth: 0 } }]) {
    expect((await one(agent, 'act', { what: 'a' })).verdict).toEqual({ kind: 'run', by: 'allow act' })
    expect((await one(agent, 'act', { what: 'never' })).verdict).toMatchObject({ kind: 'refuse' })
  }
  expect(heard).toEqual(['a', 'never', 'a', 'never'])
})

it('servers are there for agents that want their tools; others do without them', async () => {
  const listed: string[] = []
  const servers = {
    crm: async () => {
      listed.push('crm')
      return [toolCalled('mcp__crm__get')]
    },
    gone: () => Promise.reject(new Error('not there')),
  }
  const settings = { mcpServers: { crm: server('crm'), gone: server('gone') } }
  const { workspace, prepare } = await agentStage({ servers, settings })
  expect((await prepare({ agent: 'explorer', workspace })).plan.tools).toEqual(['Read', 'Glob', 'Grep'])
  expect(listed).toEqual([])
  for (const pattern of ['mcp__crm__get', 'mcp__crm', 'mcp__crm__*']) {
    const { plan, stored } = await prepare({ tools: [pattern] })
    expect(plan.tools).toEqual(['mcp__crm__get'])
    expect(Object.keys(stored.mcpServers)).toEqual(['crm'])
  }
  await expect(prepare({ tools: ['mcp__*'] })).rejects.toThrow('not there')
})

it('writes wait for a person, unless the settings say that they need not', async () => {
  const servers = { crm: async () => [toolCalled('mcp__crm__put')] }
  const mcpServers = { crm: server('crm') }
  const write = { file_path: 'a', content: 'b' }
  for (const [approvalForWrites, kind] of [
    [true, 'ask'],
    [false, 'run'],
  ] as const) {
    const { workspace, one } = await agentStage({ servers, settings: { approvalForWrites, mcpServers } })
    expect((await one({ workspace }, 'mcp__crm__put', { what: 'a' })).verdict.kind).toBe(kind)
    expect((await one({ workspace }, 'Write', write)).verdict.kind).toBe(kind)
    expect((await one({ workspace }, 'Bash', { command: 'ls' })).verdict.kind).toBe('ask')
    expect((await one({ workspace, permissions: { deny: ['Edit'] } }, 'Write', write)).verdict.kind).toBe('refuse')
  }
})

it('commands may go without a sandbox where the settings say so, never where everything is permitted', async () => {
  const settings = { sandbox: { allowUnsandboxed: true, allowOldBubblewrap: false } }
  const { workspace, prepare } = await agentStage({ settings })
  expect((await prepare({ agent: 'coder', workspace })).stored.allowUnsandboxed).toBe(true)
  const wide = await prepare({ agent: 'coder', workspace, permissionMode: 'bypassPermissions' })
  expect(wide.stored.allowUnsandboxed).toBe(false)
})

it('web pages are fetched only by agents that name the tool', async () => {
  const { workspace, prepare } = await agentStage()
  const agent = { name: 'a', prompt: 'x' }
  expect((await prepare({ agent, workspace })).plan.tools).not.toContain('WebFetch')
  expect((await prepare({ agent: 'coder', workspace })).plan.tools).not.toContain('WebFetch')
  expect((await prepare({ agent: { ...agent, tools: ['Read', 'WebFetch'] }, workspace })).plan.tools).toEqual([
    'Read',
    'WebFetch',
  ])
})

it('an agent is pinned by the hash of all it is: the same is the same, another prompt or tool another', async () => {
  const { prepare } = await agentStage({ tools: [toolCalled('act'), toolCalled('other')] })
  const refOf = async (more: object) => (await prepare({ agent: { name: 'a', prompt: 'x', ...more } })).plan.ref
  const ref = await refOf({ tools: ['act'] })
  expect(ref).toMatch(/^sha256:[0-9a-f]{64}$/)
  expect(await refOf({ tools: ['act'] })).toBe(ref)
  expect(await refOf({ tools: ['act', 'other'] })).not.toBe(ref)
  expect(await refOf({ tools: ['act'], prompt: 'y' })).not.toBe(ref)
})
