// A person's own tool, checked where it is written: its types by the compiler, and what no type can say when its worker
// starts.
import { z } from 'zod'
import type { Tool } from './tool.js'

/** As the Messages API takes names; `mcp__` begins those of MCP servers. */
const NAME = /^(?!mcp__)[A-Za-z0-9_-]{1,64}$/

/**
 * `schema`: zod, an object; what it makes of the model's arguments is what `run` gets as `input`, besides `signal`, `cwd`
 * and `key`. `permission`: what modes decide by. `effect`: what a repeat after a crash would do; `reconcilable` has a
 * `check`. Throws Error naming what is wrong.
 */
export function tool<Input>(definition: Tool<Input>): Tool<Input> {
  const { name, description, schema, effect, check } = definition
  const wrong = (what: string) => new Error(`tool ${JSON.stringify(name)}: ${what}`)
  if (!NAME.test(name)) throw wrong('wanted a name of 1 to 64 letters, digits or any of _ -, not beginning with mcp__')
  if (description.trim() === '') throw wrong('wanted a description: the model chooses by it')
  if (!definition.jsonSchema && z.toJSONSchema(schema, { io: 'input' }).type !== 'object')
    throw wrong('wanted a schema of an object: arguments have names')
  if (effect === 'reconcilable' && !check) throw wrong('is reconcilable, so it needs a check')
  if (effect !== 'reconcilable' && check) throw wrong(`is ${effect}, so its check would never be asked`)
  return definition
}
