// An agent, prepared and judged with a real store in a directory and tools of a test's own.
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { prepareAgent } from '../../../src/activities/agent/definition/stored-agent.js'
import type { JudgeDeps } from '../../../src/activities/agent/deps.js'
import { judgeCalls } from '../../../src/activities/agent/judge/judge.js'
import { storedRequests } from '../../../src/activities/requests.js'
import { secretsOf } from '../../../src/audit/redact.js'
import { DEFAULTS, type Settings } from '../../../src/config/defaults.js'
import type { ToolCall } from '../../../src/contracts/agent.js'
import { agentFields } from '../../../src/contracts/schemas/agent.js'
import type { PermissionHandler } from '../../../src/permissions/handler.js'
import { directoryStore } from '../../../src/storage/store.js'
import { builtinTools } from '../../../src/tools/index.js'
import type { Tool } from '../../../src/tools/tool.js'

const self = { workflowId: 'w', firstRunId: 'r1' }

export function toolCalled(name: string, more: Partial<Tool> = {}): Tool {
  return {
    name,
    description: `does ${name}`,
    schema: z.strictObject({ what: z.string() }),
    permission: 'other',
    effect: 'unsafe',
    run: async () => 'done',
    ...more,
  }
}

type Options = {
  tools?: Tool[]
  servers?: Record<string, () => Promise<Tool[]>>
  handlers?: Record<string, PermissionHandler>
  hooks?: JudgeDeps['hookFunctions']
  settings?: Partial<Settings>
}

export async function agentStage({ tools = [], servers = {}, handlers = {}, hooks = {}, settings = {} }: Options = {}) {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'ensemble-agent-')))
  onTestFinished(() => rm(home, { recursive: true, force: true }))
  const workspace = join(home, 'workspace')
  await mkdir(workspace)
  const store = directoryStore(join(home, 'store'))
  const builtin = builtinTools({ allowUnsandboxed: false })
  const deps: JudgeDeps = {
    store,
    requests: storedRequests(store),
    settings: { ...DEFAULTS, ...settings },
    tools: [...builtin, ...tools],
    mcp: {
      tools: (name) => servers[name]?.() ?? Promise.reject(new Error(`no server ${name}`)),
      close: async () => {},
    },
    permissionHandlers: handlers,
    hookFunctions: hooks,
    secrets: secretsOf({}),
    env: {},
  }
  /** As a person would write it. */
  const prepare = (input: object) => {
    return prepareAgent(deps, { ...z.strictObject(agentFields).parse(input), self })
  }
  const judge = async (input: object, wishes: [name: string, input: unknown][], edited?: unknown) => {
    const { stored } = await prepare(input)
    const blocks = wishes.map(([name, given], index) => ({ type: 'tool_use', id: `t${index}`, name, input: given }))
    const signal = new AbortController().signal
    const more = edited === undefined ? {} : { edited: { id: 't0', input: edited } }
    return judgeCalls(deps, { root: self, run: 'r1', step: 'turn:1', stored, blocks, signal, ...more })
  }
  const one = async (input: object, name: string, given: unknown, edited?: unknown) =>
    (await judge(input, [[name, given]], edited))[0] as ToolCall
  return { home, workspace, deps, store, prepare, judge, one }
}
