// A tool as the API takes it, and the hash that pins it: what an agent was given at its start is what it goes on with.
import { z } from 'zod'
import type { EffectClass, PermissionClass } from '../../../contracts/agent.js'
import type { Tool } from '../../../tools/tool.js'
import { digestOf } from '../../digest.js'
import { InputError } from '../../input-error.js'

/** As the API takes it. */
export type ToolDefinition = { name: string; description: string; input_schema: Record<string, unknown> }

/** `server`: of tools by MCP. `hash`: of all that was known of it when the agent was made. */
export type PinnedTool = ToolDefinition & {
  permission: PermissionClass
  effect: EffectClass
  server?: string
  hash: string
}

const NAME = /^[\w-]{1,128}$/

export function pinned(tool: Tool, server?: string): PinnedTool {
  const { permission, effect } = tool
  const facts = { ...definitionOf(tool), permission, effect }
  return { ...facts, ...(server !== undefined && { server }), hash: digestOf(facts) }
}

function definitionOf({ name, description, schema, jsonSchema }: Tool): ToolDefinition {
  if (!NAME.test(name))
    throw new InputError(`tool ${JSON.stringify(name)}: wanted a name of 1 to 128 letters, digits, _ or -`)
  return { name, description, input_schema: jsonSchema ?? jsonSchemaOf(name, schema) }
}

function jsonSchemaOf(name: string, schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  if (json.type !== 'object') throw new InputError(`tool "${name}": its schema is no object; wanted z.object({ … })`)
  return json
}
