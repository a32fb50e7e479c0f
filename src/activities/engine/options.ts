// What the program is started with: no tools of its own, no settings of the machine, our tools, our permissions.
import type { EngineRequest } from '../../contracts/engine.js'
import type { StoredAgent } from '../agent/definition/stored-agent.js'
import type { ActivityDeps } from '../deps.js'
import type { StoredSettings } from '../thread/settings.js'
import type { Opening } from './opening.js'
import { environmentOf, type Program } from './program.js'
import type { SdkOptions } from './sdk.js'
import type { SessionNote, SessionPlace } from './session.js'
import type { ToolCalls } from './tool-calls.js'
import { sdkName, toolServers } from './tool-servers.js'

type From = {
  deps: Pick<ActivityDeps, 'engine'>
  request: EngineRequest
  note: SessionNote
  settings: StoredSettings
  stored: StoredAgent
  place: SessionPlace
  opening: Opening
  calls: ToolCalls
  program: Program
}

export function optionsOf(from: From): SdkOptions {
  const { deps, request, note, settings, stored, place, opening, calls, program } = from
  const { output } = stored.definition
  const tools = stored.tools.map((tool) => ({ ...tool, reads: tool.permission === 'read' }))
  return {
    cwd: request.workspace ?? place.home,
    model: settings.model,
    env: environmentOf(deps.engine.environment, place, settings.maxTokens),
    systemPrompt: { type: 'preset', preset: 'claude_code', append: systemOf(settings) },
    tools: [],
    toolAliases: Object.fromEntries(tools.map(({ name }) => [name, sdkName(name)])),
    mcpServers: toolServers(tools, (_, id) => calls.gave(id)),
    strictMcpConfig: true,
    settingSources: [],
    // Every tool is asked about; its own modes decide nothing.
    permissionMode: 'default',
    canUseTool: (_, input, { toolUseID }) => calls.permission(toolUseID, input),
    includePartialMessages: true,
    maxTurns: Math.max(1, request.maxSteps - note.steps),
    ...(request.reservedUsd !== undefined && { maxBudgetUsd: Math.max(0.0001, request.reservedUsd - (note.usd ?? 0)) }),
    ...(output && { outputFormat: { type: 'json_schema', schema: output } }),
    ...opening.session,
    spawnClaudeCodeProcess: program.spawn,
    stderr: () => {},
  }
}

function systemOf({ system = [] }: StoredSettings): string {
  return system.map(({ text }) => String(text ?? '')).join('\n\n')
}
