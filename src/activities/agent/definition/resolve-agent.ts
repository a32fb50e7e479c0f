// From what people wrote to what an agent is: names looked up, the run's settings added, and of a child everything
// narrowed to what its parent may do.
import { builtinAgent } from '../../../agents/builtin.js'
import type { Settings } from '../../../config/index.js'
import { MAX_AGENT_DEPTH } from '../../../contracts/agent.js'
import { AgentDefinition } from '../../../contracts/schemas/agent.js'
import { InputError } from '../../input-error.js'
import type { JudgeDeps } from '../deps.js'
import { AGENT_TOOL, agentTool, startableAgents } from './agent-tool.js'
import { didYouMean } from './did-you-mean.js'
import { joinHooks, ownedWithin, placeWithin, serversWithin } from './parent.js'
import { checkRules, idleRules, joinRules, type PermissionSet } from './permission-set.js'
import { allTools, needed, pickTools } from './pick-tools.js'
import { openWorkspace } from './places.js'
import type { AgentFields, Definition, StoredAgent } from './stored-agent.js'

const DEFAULT_STEPS = 100
/** What runs unasked where writes need no approval. */
const WRITES = ['Edit', 'mcp__*']

export async function resolveAgent(
  deps: JudgeDeps,
  input: AgentFields,
  parent: StoredAgent | undefined,
): Promise<{ agent: StoredAgent; warnings: string[] }> {
  const agents = parent?.agents ?? input.agents ?? []
  const definition = definitionOf(input.agent, agents)
  const workspace = await placeOf(input, parent)
  const owns = ownedWithin(parent, workspace, input.owns)
  // A child has what its parent has: there the worker's settings are in already.
  const settings = parent ? undefined : deps.settings
  const patterns = input.tools ?? definition.tools
  const ownServers = { ...definition.mcpServers, ...input.mcpServers }
  const mcpServers = parent
    ? serversWithin(parent, ownServers)
    : needed({ ...settings?.mcpServers, ...ownServers }, patterns)
  const depth = parent ? parent.depth + 1 : 0
  const all = await allTools(deps, mcpServers, depth < MAX_AGENT_DEPTH ? [agentTool(agents)] : [])
  const wanted = patterns?.filter((name) => name !== AGENT_TOOL || depth < MAX_AGENT_DEPTH)
  const onlyWhenNamed = deps.tools.flatMap((tool) => (tool.onlyWhenNamed ? [tool.name] : []))
  const picked = pickTools({ wanted, all, onlyWhenNamed, workspace })
  const tools = parent ? picked.filter(({ name }) => parent.tools.some((tool) => tool.name === name)) : picked
  const set = ownSet(input, parent, definition, settings)
  checkRules(deps, set.rules)
  const permissions = [set, ...(parent?.permissions ?? [])]
  const hooks = joinHooks(parent?.hooks, settings?.hooks, definition.hooks, input.hooks)
  const unsandboxed = input.allowUnsandboxed ?? false
  if (unsandboxed && permissions.some(({ mode }) => mode === 'bypassPermissions'))
    throw new InputError('allowUnsandboxed: never together with permissionMode bypassPermissions; wanted one of them')
  const allowUnsandboxed = parent
    ? parent.allowUnsandboxed && (input.allowUnsandboxed ?? true)
    : unsandboxed || (deps.settings.sandbox.allowUnsandboxed && set.mode !== 'bypassPermissions')
  const approvers = parent?.approvers ?? input.approvers ?? settings?.approvers
  const agent: StoredAgent = {
    definition,
    ...(workspace !== undefined && { workspace }),
    ...(owns && { owns }),
    mode: set.mode,
    permissions,
    tools,
    mcpServers,
    ...(hooks && { hooks }),
    maxSteps: input.maxSteps ?? definition.maxSteps ?? DEFAULT_STEPS,
    depth,
    allowUnsandboxed,
    agents,
    ...(approvers && { approvers }),
  }
  const known = all.map(({ name }) => name)
  const left = picked.filter((tool) => !tools.includes(tool)).map(({ name }) => name)
  const warnings = [
    ...(left.length > 0 ? [`tools: ${left.join(', ')} left out, because its parent has no such tool`] : []),
    ...(parent ? [] : idleRules(set.rules, [...known, AGENT_TOOL])),
  ]
  return { agent, warnings }
}

/** @throws InputError for a name nobody has */
function definitionOf(agent: AgentFields['agent'], own: Definition[]): StoredAgent['definition'] {
  if (agent === undefined) return { name: 'assistant' }
  if (typeof agent !== 'string') return agent
  const found = own.find(({ name }) => name === agent) ?? builtinAgent(agent)
  if (found) return AgentDefinition.parse(found)
  const names = startableAgents(own).map(({ name }) => name)
  throw new InputError(`agent: there is no ${JSON.stringify(agent)}; ${didYouMean(agent, names)}`)
}

async function placeOf({ workspace }: AgentFields, parent: StoredAgent | undefined): Promise<string | undefined> {
  const real = workspace === undefined ? undefined : await openWorkspace(workspace)
  return parent ? placeWithin(parent, real) : real
}

/** A child is permitted unasked what its parent is; its parent's own set is asked as well, so it is never more. */
function ownSet(
  input: AgentFields,
  parent: StoredAgent | undefined,
  definition: StoredAgent['definition'],
  settings: Settings | undefined,
): PermissionSet {
  const above = parent?.permissions[0]
  const mode = input.permissionMode ?? definition.permissionMode ?? above?.mode ?? settings?.permissionMode ?? 'default'
  const inherited = above && { ...above.rules, deny: [], ask: [], expiry: [] }
  const writes = settings?.approvalForWrites === false ? { ...settings.permissions, allow: WRITES } : undefined
  return {
    agent: definition.name,
    mode,
    rules: joinRules(settings?.permissions, writes, inherited, definition.permissions, input.permissions),
  }
}
