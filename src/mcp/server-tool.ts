// A tool of a server as one of ours. The server's word about what its tool may do counts only where the configuration
// trusts it: otherwise it is a tool of class `other` whose repeat nobody vouches for.
import type { Tool as Definition, JsonSchemaType, JsonSchemaValidator } from '@modelcontextprotocol/client'
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv'
import { z } from 'zod'
import type { EffectClass, PermissionClass } from '../contracts/agent.js'
import type { McpServer } from '../contracts/schemas/index.js'
import type { Tool, ToolOutput } from '../tools/tool.js'
import { bounded } from './bounded-check.js'
import type { McpConnection } from './connection.js'
import { contentOf } from './content.js'
import { McpFailure, OutcomeUnknownFailure } from './failure.js'

/** What the Messages API takes as a tool's name. */
const MAX_NAME = 128
const MAX_DESCRIPTION = 16 * 1024
/** Beyond the call's own time: that of an answer to a time-out. */
const SLACK_SECONDS = 10

type Arguments = Record<string, unknown>

export function mcpToolName(server: string, tool: string): string {
  return `mcp__${server}__${tool}`.replace(/[^a-zA-Z0-9_-]/g, '_')
}

export function toolOf(
  server: string,
  config: McpServer,
  definition: Definition,
  connection: McpConnection,
): Tool<Arguments> {
  const name = mcpToolName(server, definition.name)
  if (name.length > MAX_NAME)
    throw new McpFailure('clash', `MCP server ${server}: the name ${name} is longer than ${MAX_NAME} characters`)
  const { keyArgument } = config.tools[definition.name] ?? {}
  const jsonSchema = without(definition.inputSchema, keyArgument)
  const { permission, effect } = classesOf(config, definition)
  const call = async (input: Arguments, key: string, signal: AbortSignal): Promise<ToolOutput> => {
    const args = keyArgument === undefined ? input : { ...input, [keyArgument]: key }
    const result = await connection.call(definition.name, args, { signal })
    return { content: contentOf(result), ...(result.isError && { isError: true }) }
  }
  return {
    name,
    description: (definition.description ?? definition.title ?? '').slice(0, MAX_DESCRIPTION),
    schema: fitting(jsonSchema),
    jsonSchema,
    permission,
    effect,
    timeoutSeconds: config.timeoutSeconds + SLACK_SECONDS,
    async run({ input, key, signal }) {
      try {
        return await repeatable(effect, () => call(input, key, signal))
      } catch (error) {
        if (!(error instanceof McpFailure)) throw error
        if (error.mayHaveHappened && effect === 'unsafe') throw new OutcomeUnknownFailure(error.message)
        return { content: [{ type: 'text', text: error.message }], isError: true }
      }
    },
  }
}

/** A server that died is started again once, where a repeat does no harm. */
async function repeatable<T>(effect: EffectClass, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    const again =
      error instanceof McpFailure && error.kind === 'died' && (effect !== 'unsafe' || !error.mayHaveHappened)
    if (!again) throw error
    return call()
  }
}

function classesOf(
  config: McpServer,
  { name, annotations = {} }: Definition,
): { permission: PermissionClass; effect: EffectClass } {
  const declared = config.tools[name] ?? {}
  const trusted = config.trustAnnotations ? annotations : {}
  const reads = trusted.readOnlyHint === true
  const byServer = reads ? 'read' : trusted.idempotentHint === true ? 'idempotent' : 'unsafe'
  return {
    permission: declared.permission ?? (reads ? 'read' : 'other'),
    effect: declared.effect ?? (declared.keyArgument !== undefined ? 'idempotent' : byServer),
  }
}

function without(schema: Definition['inputSchema'], argument: string | undefined): Record<string, unknown> {
  if (argument === undefined) return schema
  const { [argument]: _, ...properties } = schema.properties ?? {}
  return {
    ...schema,
    properties,
    ...(schema.required && { required: schema.required.filter((name) => name !== argument) }),
  }
}

/** Checked as the server's own library would: JSON Schema has more in it than zod can take over. */
function fitting(jsonSchema: Record<string, unknown>): z.ZodType<Arguments> {
  let validator: JsonSchemaValidator<unknown> | undefined
  const hasPatterns = /"pattern(Properties)?":/.test(JSON.stringify(jsonSchema))
  return z.record(z.string(), z.unknown()).superRefine((input, context) => {
    validator ??= new AjvJsonSchemaValidator().getValidator(jsonSchema as JsonSchemaType)
    const judge = validator
    const judged = hasPatterns ? bounded(() => judge(input)) : judge(input)
    if (!judged) context.addIssue({ code: 'custom', message: "checking them by the server's patterns takes too long" })
    else if (!judged.valid) context.addIssue({ code: 'custom', message: judged.errorMessage })
  })
}
