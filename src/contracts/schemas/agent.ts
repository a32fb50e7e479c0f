// What an agent is, as people write it: an object, or the front matter of a Markdown file.
import { z } from 'zod'
import { ENGINES, PERMISSION_MODES } from '../agent.js'
import { HOOK_EVENTS } from '../hooks.js'
import { maxTokens } from './call.js'
import { budgetUsd } from './common.js'

const Name = z.string().regex(/^[\w.-]{1,64}$/, 'wanted 1 to 64 letters, digits or any of _ . -')
/** "Read", "Bash(git status:*)", "mcp__crm__get_*". */
const Pattern = z.string().min(1).max(500)

export const PermissionRules = z.strictObject({
  allow: z.array(Pattern).default([]),
  /** Wins over everything. */
  deny: z.array(Pattern).default([]),
  /** Asked whatever the mode says; deny wins, allow does not. */
  ask: z.array(Pattern).default([]),
  /** Name of a function given to the worker, asked for what no list decides. */
  handler: z.string().min(1).optional(),
  /** The first that fits is used; without one a question waits for ever. */
  expiry: z
    .array(
      z.strictObject({
        tool: Pattern,
        seconds: z.number().min(1).max(31_536_000),
        onExpiry: z.enum(['wait', 'deny', 'escalate']),
        to: z.array(z.string().min(1)).optional(),
      }),
    )
    .default([]),
})
export type PermissionRules = z.infer<typeof PermissionRules>

const SECRET_NAME = /key|token|secret|passw|credential|auth|cookie/i
/** What is sent with a run is kept with it: a secret itself has no place there. */
const secrets = z.record(z.string(), z.string()).superRefine((values, context) => {
  for (const [name, value] of Object.entries(values)) {
    if (!SECRET_NAME.test(name) || value === '' || /\$\{\w+/.test(value)) continue
    context.addIssue({
      code: 'custom',
      path: [name],
      message: `wanted a reference such as "$\{NAME}" to a variable of the worker, not the secret itself`,
      params: { secret: true },
    })
  }
})
/** What the configuration says of one of a server's tools; it counts more than what the server says. */
const DeclaredTool = z.strictObject({
  permission: z.enum(['read', 'edit', 'execute', 'network', 'other']).optional(),
  /** What a repeat would do. Absent: `idempotent` with a `keyArgument`, otherwise `unsafe`. */
  effect: z.enum(['read', 'idempotent', 'unsafe']).optional(),
  /** The argument that takes the call's idempotency key; the model neither sees nor sets it. */
  keyArgument: z.string().min(1).optional(),
})
const everyServer = {
  /** Of one call. */
  timeoutSeconds: z.number().min(1).max(3600).default(60),
  /** Believe the server which of its tools only read, or may be repeated. */
  trustAnnotations: z.boolean().default(false),
  /** By the server's own names. */
  tools: z.record(z.string(), DeclaredTool).default({}),
}
/** Values may be "${NAME}" or "${NAME:-default}": read from the worker's environment, never stored. */
export const McpServer = z.union([
  z.strictObject({
    type: z.literal('stdio').optional(),
    command: z.string().min(1),
    args: z.array(z.string()).default([]),
    env: secrets.default({}),
    ...everyServer,
  }),
  z.strictObject({
    type: z.enum(['http', 'sse']),
    url: z.url(),
    headers: secrets.default({}),
    ...everyServer,
  }),
])
export type McpServer = z.infer<typeof McpServer>
/** As in `.mcp.json`: by name. A rule about all tools of one is no rule about those of another. */
export const McpServers = z.record(Name, McpServer).superRefine((servers, context) => {
  for (const name of Object.keys(servers).filter((one) => one.includes('__')))
    context.addIssue({
      code: 'custom',
      path: [name],
      message: 'wanted a name without "__", which ends it in the names of its tools',
    })
})

const Hook = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('command'), command: z.string().min(1), timeout: z.number().min(1).default(60) }),
  z.strictObject({
    type: z.literal('webhook'),
    url: z.url(),
    headers: secrets.default({}),
    timeout: z.number().min(1).default(10),
    retries: z.int().min(0).max(10).default(3),
  }),
  /** A function given to the worker. */
  z.strictObject({ type: z.literal('function'), name: z.string().min(1), timeout: z.number().min(1).default(60) }),
])
/** What is no such pattern would never match, and a hook that forbids would not be asked. */
const Matcher = z
  .string()
  .max(500)
  .regex(
    /^\s*[\w-]*(\.?\*)?\s*(\|\s*[\w-]*(\.?\*)?\s*)*$/,
    'wanted names of tools, with | between them and perhaps a star at the end: Edit|Write, mcp__crm__*',
  )
  .refine((text) => text.split('|').every((one) => one.trim() !== ''), 'names no tool; leave it out for all of them')
/** As in Claude Code's settings: by event, a list of `{ matcher?, hooks }`. */
export const Hooks = z.partialRecord(
  z.enum(HOOK_EVENTS),
  z.array(z.strictObject({ matcher: Matcher.optional(), hooks: z.array(Hook).min(1) })),
)
export type Hooks = z.infer<typeof Hooks>

export const AgentDefinition = z.strictObject({
  name: Name,
  description: z.string().optional(),
  /** Its system text. */
  prompt: z.string().min(1, 'is empty'),
  model: z.string().optional(),
  maxTokens: maxTokens.optional(),
  /** Names or patterns; absent: all there are. */
  tools: z.array(Pattern).optional(),
  permissionMode: z.enum(PERMISSION_MODES).optional(),
  permissions: PermissionRules.optional(),
  mcpServers: McpServers.optional(),
  hooks: Hooks.optional(),
  /** Model calls of one turn. */
  maxSteps: z.int().min(1).max(1000).optional(),
  /** JSON Schema of its last answer. */
  output: z.record(z.string(), z.unknown()).optional(),
})
/** An agent as data. */
export type AgentDefinition = z.input<typeof AgentDefinition>

/** No `..`, no second way to write the same. */
const OwnedPath = z
  .string()
  .max(4096)
  .refine(
    (path) => /^[^/\0]+(\/[^/\0]+)*\/?$/.test(path) && path.split('/').every((part) => part !== '.' && part !== '..'),
    'wanted a path from the workspace, such as src/a.ts, or src/ for all that is below it',
  )

/** Of a thread that is an agent at work, besides what every thread has. */
export const agentFields = {
  /** A built-in agent by its name, or one as data. */
  agent: z.union([Name, AgentDefinition]).optional(),
  /** Agents it may start besides the built-in ones; theirs are the same. */
  agents: z.array(AgentDefinition).max(50).optional(),
  /** Instead of the agent's own. */
  tools: z.array(Pattern).optional(),
  /** Absolute path of a directory on the worker's machine. */
  workspace: z.string().startsWith('/', 'wanted an absolute path').optional(),
  /**
   * Paths from the workspace, of files or with a slash at the end of directories: all it may write. Absent: whatever its
   * permissions allow.
   */
  owns: z.array(OwnedPath).max(1000).optional(),
  permissionMode: z.enum(PERMISSION_MODES).optional(),
  /** Added to the agent's own. */
  permissions: PermissionRules.optional(),
  mcpServers: McpServers.optional(),
  hooks: Hooks.optional(),
  maxSteps: z.int().min(1).max(1000).optional(),
  engine: z.enum(ENGINES).optional(),
  /** Names of who may answer; guards against mistakes, not attackers. */
  approvers: z.array(z.string().min(1)).min(1).optional(),
  onUnknown: z.enum(['person', 'model']).optional(),
  /** Shell commands without a sandbox. */
  allowUnsandboxed: z.boolean().optional(),
  audit: z.boolean().optional(),
  /** Dollars: the most all of it may cost. */
  budgetUsd,
  /** Of a child, set by its parent: what it may do at most. */
  parent: z
    .strictObject({
      agent: z.string().regex(/^sha256:[0-9a-f]{64}$/),
      depth: z.int().min(0),
      audit: z.string().optional(),
    })
    .optional(),
} as const
