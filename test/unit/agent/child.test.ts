// An agent that another one started may do less than its parent, never more.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { StoredAgent } from '../../../src/activities/agent/definition/stored-agent.js'
import type { JudgeDeps } from '../../../src/activities/agent/deps.js'
import { judgeCalls } from '../../../src/activities/agent/judge/judge.js'
import { agentStage, toolCalled } from './agent-stage.js'

const CRM = { command: 'crm' }
const crm = async () => [toolCalled('mcp__crm__get'), toolCalled('mcp__crm__put')]

async function family(parent: object, options: Parameters<typeof agentStage>[0] = {}) {
  const stage = await agentStage({ tools: [toolCalled('act'), toolCalled('other')], servers: { crm }, ...options })
  const { plan } = await stage.prepare(parent)
  const child = (input: object) => stage.prepare({ ...input, parent: { agent: plan.ref, depth: plan.depth } })
  return { ...stage, plan, child }
}

const verdict = async (deps: JudgeDeps, stored: StoredAgent, name: string, input: unknown) => {
  const blocks = [{ type: 'tool_use', id: 't', name, input }]
  const root = { workflowId: 'w', firstRunId: 'r' }
  const [call] = await judgeCalls(deps, {
    root,
    run: 'r',
    step: 'turn:1',
    stored,
    blocks,
    signal: new AbortController().signal,
  })
  return call?.verdict
}

it('it has no tool its parent has not', async () => {
  const { child } = await family({ tools: ['act', 'agent'] })
  const { plan, warnings } = await child({ agent: { name: 'c', prompt: 'x', tools: ['act', 'other'] } })
  expect(plan.tools).toEqual(['act'])
  expect(warnings).toEqual(['tools: other left out, because its parent has no such tool'])
})

it('what is denied to its parent is denied to it, and what its parent must ask for it must ask for', async () => {
  const { deps, child } = await family({
    permissions: { deny: ['act(*secret*)'], ask: ['other'], allow: ['act'] },
  })
  const wide = { name: 'c', prompt: 'x', permissionMode: 'bypassPermissions', permissions: { allow: ['act', 'other'] } }
  const { stored } = await child({ agent: wide })
  expect(await verdict(deps, stored, 'act', { what: 'a secret' })).toMatchObject({ kind: 'refuse' })
  expect(await verdict(deps, stored, 'act', { what: 'a' })).toMatchObject({ kind: 'run' })
  expect(await verdict(deps, stored, 'other', { what: 'a' })).toMatchObject({ kind: 'ask', by: 'ask other' })
})

it('what its parent may do unasked it may, too, unless it is narrower itself', async () => {
  const { deps, child } = await family({ permissions: { allow: ['act'] } })
  const own = await child({ agent: { name: 'c', prompt: 'x' } })
  expect(await verdict(deps, own.stored, 'act', { what: 'a' })).toMatchObject({ kind: 'run' })
  const narrow = await child({ agent: { name: 'c', prompt: 'x', permissions: { deny: ['act'] } } })
  expect(await verdict(deps, narrow.stored, 'act', { what: 'a' })).toMatchObject({ kind: 'refuse' })
})

it('a parent in plan mode has children that only read', async () => {
  const { workspace, deps, prepare } = await agentStage()
  const { plan } = await prepare({ agent: 'planner', workspace, tools: ['Read', 'Write', 'agent'] })
  const { stored, system } = await prepare({
    agent: 'coder',
    permissionMode: 'acceptEdits',
    parent: { agent: plan.ref, depth: 0 },
  })
  expect(await verdict(deps, stored, 'Write', { file_path: 'a', content: 'b' })).toMatchObject({
    kind: 'refuse',
    by: 'mode plan',
  })
  expect(system).toMatch(/You are in plan mode/)
  const planner = (await prepare({ agent: 'planner', workspace })).stored
  const start = { name: 'explorer', task: 'look' }
  expect(await verdict(deps, planner, 'agent', start)).toEqual({ kind: 'agent', ...start })
})

it('its workspace is its parent’s or inside it', async () => {
  const { home, workspace, child } = await agentStage().then(async (stage) => {
    const { plan } = await stage.prepare({ agent: 'coder', workspace: stage.workspace })
    return {
      ...stage,
      child: (input: object) => stage.prepare({ agent: 'coder', ...input, parent: { agent: plan.ref, depth: 0 } }),
    }
  })
  await mkdir(join(workspace, 'inside'))
  expect((await child({})).plan.workspace).toBe(workspace)
  expect((await child({ workspace: join(workspace, 'inside') })).plan.workspace).toBe(join(workspace, 'inside'))
  await expect(child({ workspace: home })).rejects.toThrow(/is outside its parent's; wanted one inside/)
})

it('it has its parent’s servers and may bring no other', async () => {
  const { child } = await family({ mcpServers: { crm: CRM } })
  const same = await child({ agent: { name: 'c', prompt: 'x', mcpServers: { crm: CRM } } })
  expect(same.plan.tools).toContain('mcp__crm__put')
  const other = { name: 'c', prompt: 'x', mcpServers: { crm: { command: 'evil' } } }
  await expect(child({ agent: other })).rejects.toThrow(/mcpServers.crm: its parent assistant has no such server/)
})

it('agents start agents three deep and no deeper', async () => {
  const { prepare } = await agentStage()
  let parent: { agent: string; depth: number } | undefined
  for (let depth = 0; depth <= 3; depth++) {
    const { plan } = await prepare({ ...(parent && { parent }) })
    expect(plan.depth).toBe(depth)
    expect(plan.tools.includes('agent')).toBe(depth < 3)
    parent = { agent: plan.ref, depth }
  }
  await expect(prepare({ parent })).rejects.toThrow(/agents start agents at most 3 deep/)
})

it('commands without a sandbox are its parent’s to allow', async () => {
  const { child } = await family({})
  const { stored } = await child({ allowUnsandboxed: true })
  expect(stored.allowUnsandboxed).toBe(false)
})

it('agents of the run’s own may be started by name, and hide the ones that come with Ensemble', async () => {
  const agents = [
    { name: 'scout', prompt: 'look' },
    { name: 'coder', prompt: 'mine' },
  ]
  const { deps, prepare, child } = await family({ agents })
  const { stored } = await prepare({ agents })
  expect(stored.tools.find(({ name }) => name === 'agent')?.description).toMatch(/- scout\n- coder\n- fixer/)
  const start = { name: 'scout', task: 'look' }
  expect(await verdict(deps, stored, 'agent', start)).toEqual({ kind: 'agent', ...start })
  expect((await child({ agent: 'coder' })).stored.definition.prompt).toBe('mine')
})
