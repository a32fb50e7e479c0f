// What activities of agents work with, besides what calls do.
import type { AuditLog } from '../../audit/log.js'
import type { Secrets } from '../../audit/redact.js'
import type { HookFunction } from '../../hooks/function.js'
import type { McpPool } from '../../mcp/pool.js'
import type { PermissionHandler } from '../../permissions/handler.js'
import type { Tool } from '../../tools/tool.js'
import type { CallDeps } from '../call/deps.js'

export type AgentDeps = CallDeps & {
  /** Built in, and the worker's own. */
  tools: Tool[]
  mcp: McpPool
  secrets: Secrets
  /** Given to the worker, by name. */
  hookFunctions: Record<string, HookFunction>
  /** Of the worker: what hooks may see is taken from it. */
  env: Record<string, string | undefined>
  audit: AuditLog
  /** A person's own, by name. */
  permissionHandlers: Record<string, PermissionHandler>
}

/** What it takes to say what an agent is and what it may do. */
export type JudgeDeps = Pick<
  AgentDeps,
  'store' | 'requests' | 'secrets' | 'settings' | 'tools' | 'mcp' | 'permissionHandlers' | 'hookFunctions' | 'env'
>
