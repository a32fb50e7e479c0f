import { expect, it } from 'vitest'
import { z } from 'zod'
import { jsonForSchema } from '../../../src/simulator/json-for-schema.js'

const Tree = z.object({
  name: z.string(),
  get children() {
    return z.array(Tree)
  },
})

it.each<[string, z.ZodType]>([
  ['an object of simple fields', z.object({ a: z.string(), b: z.number(), c: z.boolean(), d: z.null() })],
  [
    'an enum, a literal and a union',
    z.object({ e: z.enum(['low', 'high']), l: z.literal(7), u: z.union([z.int(), z.string()]) }),
  ],
  [
    'bounds of numbers',
    z.object({ a: z.int().min(5), b: z.number().max(-3), c: z.int().multipleOf(4), d: z.number().gt(9) }),
  ],
  ['bounds of texts', z.object({ short: z.string().max(3), long: z.string().min(500) })],
  ['formats', z.object({ at: z.iso.datetime(), day: z.iso.date(), id: z.uuid(), mail: z.email(), url: z.url() })],
  ['lists with a least length', z.array(z.object({ n: z.int() })).min(3)],
  ['optional and nullable fields', z.object({ o: z.string().optional(), n: z.string().nullable() })],
  [
    'tuples of branches',
    z.object({
      either: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('x'), v: z.int() }),
        z.object({ kind: z.literal('y') }),
      ]),
    }),
  ],
  ['an intersection', z.intersection(z.object({ a: z.string() }), z.object({ b: z.int() }))],
  ['a recursive shape', Tree],
])('the answer is valid for %s', (_, schema) => {
  const json = jsonForSchema(z.toJSONSchema(schema) as Record<string, unknown>, 'a prompt')
  expect(schema.safeParse(json).error?.issues ?? []).toEqual([])
})

it('text says that it is simulated, and for what', () => {
  const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
  expect(jsonForSchema(schema, 'where is it')).toEqual({ city: 'SIMULATED city: where is it' })
})
