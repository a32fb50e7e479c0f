// What may be set once for every agent and worker, in a file or by the environment. Every key is optional here, because
// each place is checked by itself; defaults.ts says what holds where nobody said anything.
import { z } from 'zod'
import { PERMISSION_MODES } from '../contracts/agent.js'
import { Hooks, McpServers, PermissionRules } from '../contracts/schemas/agent.js'
import { whyNoRule } from '../permissions/rule.js'
import { LEVELS } from './defaults.js'

const port = z.int().min(1).max(65_535)

export const SettingsFile = z.strictObject({
  /** For editors: where the JSON Schema of this file is. */
  $schema: z.string().optional(),
  /** Name or alias, of runs and agents that name none. */
  model: z.string().min(1).optional(),
  /** Longest answer in tokens, of those that say nothing. */
  maxTokens: z.int().min(1).max(128_000).optional(),
  permissionMode: z.enum(PERMISSION_MODES).optional(),
  /** false: writing in the workspace and the tools of MCP servers run unasked, but for what a list denies or asks. */
  approvalForWrites: z.boolean().optional(),
  audit: z.boolean().optional(),
  /** Of one request to the model; absent: 300, above 16,000 max tokens 900. */
  timeoutSeconds: z.number().min(1).max(3600).optional(),
  /** How often a failed request is made again. */
  maxRetries: z.int().min(0).max(20).optional(),
  /** Every agent may use these, besides its own; as in `.mcp.json`. */
  mcpServers: McpServers.optional(),
  hooks: Hooks.optional(),
  /** Added to every agent's own. */
  permissions: PermissionRules.superRefine(({ allow, deny, ask, expiry }, context) => {
    for (const [list, patterns] of Object.entries({ allow, deny, ask, expiry: expiry.map(({ tool }) => tool) }))
      for (const [index, pattern] of patterns.entries()) {
        const wrong = whyNoRule(pattern)
        if (wrong !== undefined) context.addIssue({ code: 'custom', path: [list, index], message: wrong })
      }
  }).optional(),
  /** Who may answer approvals of agents that name nobody. */
  approvers: z.array(z.string().min(1)).min(1).optional(),
  sandbox: z
    .strictObject({
      /** Agents may be given shell commands without a sandbox. */
      allowUnsandboxed: z.boolean().optional(),
      /** A bubblewrap before 0.12.0 has CVE-2026-87766: writes through symbolic links. */
      allowOldBubblewrap: z.boolean().optional(),
    })
    .optional(),
  webFetch: z
    .strictObject({
      /** Hosts that may be asked, "*.example.org" too; absent: all public ones. */
      hosts: z.array(z.string().min(1)).optional(),
      /** Addresses of this machine and its network too. */
      allowPrivate: z.boolean().optional(),
      maxBytes: z
        .int()
        .min(1)
        .max(50 * 1024 * 1024)
        .optional(),
      timeoutSeconds: z.number().min(1).max(300).optional(),
    })
    .optional(),
  /** Where a worker serves /metrics, on 127.0.0.1. */
  metricsPort: port.optional(),
  /** Where a worker says that it is well, on 127.0.0.1. */
  healthPort: port.optional(),
  logLevel: z.enum(LEVELS).optional(),
})
export type SettingsFile = z.infer<typeof SettingsFile>
