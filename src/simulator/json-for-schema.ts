// A valid value for a JSON schema: every property present, one item per list, the first of several choices. Text says
// that it is SIMULATED and for which property. It covers what structured outputs allow, and `$ref`, also recursive.

export type Schema = Record<string, unknown>

type Place = { name: string; about: string; root: Schema; depth: number }

/** Deeper than this, optional properties and items are left out, so that a recursive schema ends. */
const DEEP = 6

/** @param about what the text of the value should mention */
export function jsonForSchema(schema: Schema, about: string): unknown {
  return valueFor(schema, { name: 'answer', about, root: schema, depth: 0 })
}

function valueFor(schema: Schema, place: Place): unknown {
  if ('const' in schema) return schema.const
  if (Array.isArray(schema.enum)) return schema.enum[0]
  if (typeof schema.$ref === 'string') return valueFor(resolve(schema.$ref, place.root), deeper(place))
  const choices = schema.anyOf ?? schema.oneOf
  if (Array.isArray(choices)) return valueFor(choose(choices as Schema[], place), deeper(place))
  if (Array.isArray(schema.allOf)) return valueFor(merged(schema, place.root), deeper(place))
  switch (typeOf(schema)) {
    case 'object':
      return objectFor(schema, place)
    case 'array':
      return arrayFor(schema, place)
    case 'string':
      return stringFor(schema, place)
    case 'integer':
    case 'number':
      return numberFor(schema)
    case 'boolean':
      return true
    default:
      return null
  }
}

const deeper = (place: Place): Place => ({ ...place, depth: place.depth + 1 })

function typeOf(schema: Schema): unknown {
  if (Array.isArray(schema.type)) return schema.type.find((type) => type !== 'null') ?? 'null'
  if (schema.type !== undefined) return schema.type
  if ('properties' in schema) return 'object'
  return 'items' in schema ? 'array' : 'string'
}

function resolve(ref: string, root: Schema): Schema {
  let at: unknown = root
  for (const part of ref.split('/').slice(1)) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    at = typeof at === 'object' && at !== null ? (at as Schema)[key] : undefined
  }
  return (at as Schema | undefined) ?? {}
}

/** The first choice; deep down one that ends the recursion, if there is any. */
function choose(choices: Schema[], place: Place): Schema {
  const flat = choices.find(
    (choice) => !('$ref' in choice) && typeOf(choice) !== 'object' && typeOf(choice) !== 'array',
  )
  return (place.depth >= DEEP ? flat : undefined) ?? choices[0] ?? {}
}

function merged(schema: Schema, root: Schema): Schema {
  const { allOf, ...sum } = schema
  for (const part of allOf as Schema[]) {
    const next = typeof part.$ref === 'string' ? resolve(part.$ref, root) : part
    const properties = { ...(sum.properties as Schema), ...(next.properties as Schema) }
    const required = [...((sum.required as string[]) ?? []), ...((next.required as string[]) ?? [])]
    Object.assign(sum, next, Object.keys(properties).length > 0 ? { properties, required } : {})
  }
  return sum
}

function objectFor(schema: Schema, place: Place): unknown {
  const properties = (schema.properties ?? {}) as Record<string, Schema>
  const required = (schema.required ?? []) as string[]
  const kept = Object.entries(properties).filter(([name]) => place.depth < DEEP || required.includes(name))
  return Object.fromEntries(kept.map(([name, part]) => [name, valueFor(part, { ...deeper(place), name })]))
}

function arrayFor(schema: Schema, place: Place): unknown {
  const least = typeof schema.minItems === 'number' ? schema.minItems : 0
  const count = place.depth >= DEEP ? least : Math.max(least, schema.maxItems === 0 ? 0 : 1)
  return Array.from({ length: count }, () => valueFor((schema.items ?? {}) as Schema, deeper(place)))
}

const formats: Record<string, string> = {
  'date-time': '2026-01-01T00:00:00Z',
  date: '2026-01-01',
  time: '00:00:00Z',
  duration: 'P1D',
  email: 'simulated@example.com',
  hostname: 'example.com',
  uri: 'https://example.com/simulated',
  ipv4: '127.0.0.1',
  ipv6: '::1',
  uuid: '00000000-0000-4000-8000-000000000000',
}

function stringFor(schema: Schema, place: Place): string {
  const format = formats[String(schema.format)]
  if (format !== undefined) return format
  const text = `SIMULATED ${place.name}: ${place.about}`
  const least = typeof schema.minLength === 'number' ? schema.minLength : 0
  const most = typeof schema.maxLength === 'number' ? schema.maxLength : text.length + least
  return text.padEnd(least, '.').slice(0, most)
}

function numberFor(schema: Schema): number {
  const bound = (key: string) => (typeof schema[key] === 'number' ? (schema[key] as number) : undefined)
  const above = bound('exclusiveMinimum')
  const below = bound('exclusiveMaximum')
  const least = bound('minimum') ?? (above === undefined ? undefined : above + 1)
  const most = bound('maximum') ?? (below === undefined ? undefined : below - 1)
  const near = Math.min(Math.max(1, least ?? 1), most ?? Number.POSITIVE_INFINITY)
  const step = bound('multipleOf')
  return step === undefined ? near : Math.ceil(near / step) * step
}
