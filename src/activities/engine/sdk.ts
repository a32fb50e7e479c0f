// The Claude Agent SDK, as far as it is used here. It is no dependency: its program is some 360 MB, so who wants this
// engine installs it, beside Ensemble or in a directory of its own that the worker is told of.

import type { ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { InputError } from '../input-error.js'

const PACKAGE = '@anthropic-ai/claude-agent-sdk'

/** A message of the program; what is in it depends on its type. */
export type SdkMessage = {
  type: string
  subtype?: string
  parent_tool_use_id?: string | null
  [field: string]: unknown
}

export type SpawnRequest = { command: string; args: string[]; cwd?: string; env: Record<string, string | undefined> }

export type Permission =
  | { behavior: 'allow'; updatedInput: Record<string, unknown> }
  | { behavior: 'deny'; message: string }

export type SdkOptions = {
  cwd: string
  model: string
  env: Record<string, string | undefined>
  systemPrompt: { type: 'preset'; preset: 'claude_code'; append: string }
  tools: string[]
  toolAliases: Record<string, string>
  mcpServers: Record<string, unknown>
  strictMcpConfig: boolean
  settingSources: string[]
  permissionMode: 'default'
  canUseTool(name: string, input: Record<string, unknown>, about: { toolUseID: string }): Promise<Permission>
  includePartialMessages: boolean
  maxTurns: number
  maxBudgetUsd?: number
  outputFormat?: { type: 'json_schema'; schema: object }
  sessionId?: string
  resume?: string
  forkSession?: boolean
  spawnClaudeCodeProcess(request: SpawnRequest): ChildProcess
  stderr(text: string): void
}

export type SdkQuery = AsyncIterable<SdkMessage> & { close(): void }

export type AgentSdk = { query(asked: { prompt: AsyncIterable<unknown>; options: SdkOptions }): SdkQuery }

/**
 * @param directory where it is installed; absent: where this package finds its own.
 * @throws InputError naming what to install
 */
export async function loadAgentSdk(directory?: string): Promise<AgentSdk> {
  const from = directory === undefined ? import.meta.url : join(directory, 'package.json')
  const path = resolved(from)
  if (path === undefined)
    throw new InputError(
      `engine: "agent-sdk" wants the package ${PACKAGE}, which is not installed${
        directory === undefined ? '' : ` in ${directory}`
      }: npm install ${PACKAGE} (some 400 MB), or use the engine "builtin"`,
    )
  return (await import(pathToFileURL(path).href)) as AgentSdk
}

function resolved(from: string): string | undefined {
  try {
    return createRequire(from).resolve(PACKAGE)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}
