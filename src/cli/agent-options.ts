// The options every way of starting an agent shares, and the fields of a thread's input they come to.
import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { resolveAgent } from '../client/agent.js'
import { loadSettings } from '../config/index.js'
import { ENGINES, type Engine, PERMISSION_MODES, type PermissionMode } from '../contracts/agent.js'
import type { ThreadInput } from '../contracts/schemas/index.js'
import { say } from './output.js'
import { several, usd, whole } from './run-options.js'

export type AgentChoices = {
  workspace?: string
  permissionMode?: PermissionMode
  allow?: string[]
  ask?: string[]
  deny?: string[]
  approver?: string[]
  maxSteps?: number
  budget?: number
  engine?: Engine
  allowUnsandboxed?: boolean
}

export function withAgentOptions(command: Command): Command {
  return command
    .option('--workspace <dir>', 'the directory its tools are confined to (default: here)')
    .addOption(new Option('--permission-mode <mode>', 'what it may do without asking').choices([...PERMISSION_MODES]))
    .option('--allow <rule>', 'never ask about these: "Bash(npm test:*)" (may be given again)', several)
    .option('--ask <rule>', 'always ask about these (may be given again)', several)
    .option('--deny <rule>', 'refuse these whatever else is said (may be given again)', several)
    .option('--approver <name>', 'only these may answer its questions (may be given again)', several)
    .option('--max-steps <n>', 'model calls of one turn', whole)
    .option('--budget <usd>', 'the most it may cost without asking, in USD', usd)
    .addOption(new Option('--engine <engine>', 'who runs its loop').choices([...ENGINES]))
    .option('--allow-unsandboxed', 'shell commands without a sandbox')
}

/** The agent as it is on this machine; says what of its file was left out. @throws InvalidInputError */
export async function agentInput(
  name: string,
  { workspace, permissionMode, allow, ask, deny, approver, maxSteps, budget, engine, allowUnsandboxed }: AgentChoices,
): Promise<ThreadInput> {
  const { settings } = await loadSettings()
  const { agent, warnings } = await resolveAgent(name, { cwd: process.cwd(), servers: settings.mcpServers })
  for (const warning of warnings) say(`warning: ${warning}`)
  const rules = { ...(allow && { allow }), ...(ask && { ask }), ...(deny && { deny }) }
  return {
    agent,
    ...(workspace !== undefined && { workspace: resolve(workspace) }),
    ...(permissionMode && { permissionMode }),
    ...(Object.keys(rules).length > 0 && { permissions: rules }),
    ...(approver && { approvers: approver }),
    ...(maxSteps !== undefined && { maxSteps }),
    ...(budget !== undefined && { budgetUsd: budget }),
    ...(engine && { engine }),
    ...(allowUnsandboxed && { allowUnsandboxed }),
  }
}
