// An agent as a Markdown file with front matter, as Claude Code keeps them in `.claude/agents`: its fields become an
// agent as data, its text the prompt. What Claude Code knows and we do not is left out with a warning; what nobody knows
// is refused, because a misspelt permission would not hold.
import { AgentDefinition, McpServers } from '../contracts/schemas/agent.js'
import { explain } from '../contracts/schemas/explain.js'
import { claudeHooks } from './claude-hooks.js'
import { claudeTools } from './claude-tools.js'
import { type FrontMatter, FrontMatterError, readFrontMatter } from './front-matter.js'

export type AgentFile = { agent: AgentDefinition; warnings: string[] }

/** Of Claude Code's own front matter, without a counterpart here. */
const LEFT_OUT = ['color', 'skills', 'memory', 'background', 'effort', 'isolation', 'initialPrompt', 'version']
const OURS = ['maxTokens', 'permissions', 'output', 'description', 'permissionMode', 'model', 'name']
const KNOWN = [...OURS, 'tools', 'disallowedTools', 'maxTurns', 'maxSteps', 'mcpServers', 'hooks', ...LEFT_OUT]

/**
 * @param fallback its name where the front matter has none: the file's own
 * @param servers what names of servers in `mcpServers` stand for
 * @throws FrontMatterError with the line
 */
export function readAgentFile(text: string, fallback: string, servers: Record<string, unknown> = {}): AgentFile {
  const file = readFrontMatter(text)
  const { fields, body, lineOf } = file
  const warnings: string[] = []
  for (const field of Object.keys(fields)) {
    if (!KNOWN.includes(field))
      throw new FrontMatterError(`unknown field "${field}"; wanted one of ${KNOWN.join(', ')}`, lineOf([field]))
    if (LEFT_OUT.includes(field)) warnings.push(`${field} is left out: it has no meaning here`)
  }
  const given = {
    ...Object.fromEntries(OURS.flatMap((field) => (isGiven(fields[field]) ? [[field, fields[field]]] : []))),
    name: fields.name ?? fallback,
    prompt: body.trim(),
    ...toolsOf(file, warnings),
    ...stepsOf(file),
    ...serversOf(file, servers),
    ...hooksOf(file, warnings),
  }
  if (fields.model === 'inherit') Object.assign(given, { model: undefined })
  const parsed = AgentDefinition.safeParse(given)
  if (parsed.success) return { agent: JSON.parse(JSON.stringify(parsed.data)) as AgentDefinition, warnings }
  const [first] = parsed.error.issues
  if (first?.path[0] === 'prompt') throw new FrontMatterError('has no text below its front matter', 1)
  throw new FrontMatterError(explain(parsed.error, given), lineOf(first?.path ?? []))
}

const isGiven = (value: unknown) => value !== undefined && value !== null

function toolsOf({ fields, lineOf }: FrontMatter, warnings: string[]): Pick<AgentDefinition, 'tools' | 'permissions'> {
  const named = (field: 'tools' | 'disallowedTools') => {
    const given = fields[field]
    if (!isGiven(given)) return undefined
    const list = typeof given === 'string' ? splitList(given) : given
    if (Array.isArray(list) && list.every((entry) => typeof entry === 'string')) return claudeTools(list, warnings)
    throw new FrontMatterError(`${field}: wanted names with commas between them, or a list of them`, lineOf([field]))
  }
  const tools = named('tools')
  const denied = named('disallowedTools') ?? []
  const permissions = (fields.permissions ?? {}) as NonNullable<AgentDefinition['permissions']>
  return {
    ...(tools && { tools }),
    ...(denied.length > 0 && { permissions: { ...permissions, deny: [...(permissions.deny ?? []), ...denied] } }),
  }
}

/** At commas and, outside brackets, nothing else. */
function splitList(text: string): string[] {
  return (text.match(/(?:[^,(]|\([^)]*\)?)+/g) ?? []).map((name) => name.trim()).filter((name) => name !== '')
}

function stepsOf({ fields, lineOf }: FrontMatter): { maxSteps?: unknown } {
  const { maxSteps, maxTurns } = fields
  if (isGiven(maxSteps) && isGiven(maxTurns))
    throw new FrontMatterError('maxSteps and maxTurns say the same; wanted one of them', lineOf(['maxTurns']))
  const steps = maxSteps ?? maxTurns
  return isGiven(steps) ? { maxSteps: steps } : {}
}

/** By name, or a list of names of servers configured elsewhere and of `name: { … }`. */
function serversOf({ fields, lineOf }: FrontMatter, known: Record<string, unknown>): { mcpServers?: unknown } {
  const given = fields.mcpServers
  if (!Array.isArray(given)) return isGiven(given) ? { mcpServers: given } : {}
  const entries = given.map((entry: unknown, index): Record<string, unknown> => {
    if (typeof entry !== 'string') return entry as Record<string, unknown>
    if (Object.hasOwn(known, entry)) return { [entry]: known[entry] }
    const names = Object.keys(known).join(', ') || 'none'
    throw new FrontMatterError(
      `mcpServers: no server is called "${entry}"; configured: ${names}`,
      lineOf(['mcpServers', index]),
    )
  })
  const mcpServers: unknown = Object.assign({}, ...entries)
  const parsed = McpServers.safeParse(mcpServers)
  if (!parsed.success)
    throw new FrontMatterError(`mcpServers: ${explain(parsed.error, mcpServers)}`, lineOf(['mcpServers']))
  return { mcpServers }
}

function hooksOf({ fields, lineOf }: FrontMatter, warnings: string[]): { hooks?: unknown } {
  if (!isGiven(fields.hooks)) return {}
  if (typeof fields.hooks !== 'object' || Array.isArray(fields.hooks))
    throw new FrontMatterError('hooks: wanted events, each with a list of hooks', lineOf(['hooks']))
  return { hooks: claudeHooks(fields.hooks as Record<string, unknown>, warnings) }
}

export { FrontMatterError } from './front-matter.js'
