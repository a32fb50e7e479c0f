import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { canonicalJson, inputHash } from '../../src/client/canonical.js'
import { checkInput, checkWorkflow } from '../../src/client/check-input.js'
import { InvalidInputError } from '../../src/client/errors.js'
import { checkRunId, newRunId } from '../../src/client/run-id.js'
import { runSummary } from '../../src/client/summary.js'
import type { ParallelInput } from '../../src/contracts/schemas/index.js'

const refusal = async (input: unknown): Promise<string> => {
  const error = await checkInput('parallel', input).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(InvalidInputError)
  return (error as Error).message
}

describe('input', () => {
  it('is the same input whatever order its fields were written in', () => {
    expect(inputHash({ b: [1, { d: 2, c: 3 }], a: null })).toBe(inputHash({ a: null, b: [1, { c: 3, d: 2 }] }))
    expect(inputHash({ a: [1, 2] })).not.toBe(inputHash({ a: [2, 1] }))
  })

  it('keeps a key called __proto__', () => {
    expect(canonicalJson(JSON.parse('{"__proto__": {"x": 1}, "a": 2}'))).toBe('{"__proto__":{"x":1},"a":2}')
  })

  it('is refused with the path, what was got and what is wanted', async () => {
    expect(await refusal({ items: [] })).toMatch(/items: .*at least one item/)
    expect(await refusal({ items: [{ prompt: '' }] })).toMatch(/items\.0\.prompt/)
    expect(await refusal({ items: [{ prompt: 'x' }], concurrency: 0 })).toMatch(/concurrency: .*got 0/)
    expect(await refusal({ items: [{ prompt: 'x', colour: 'red' }] })).toMatch(/unknown field "colour"/)
    expect(await refusal('text')).toMatch(/got "text"/)
    expect(await refusal(undefined)).toMatch(/got undefined/)
  })

  it('above 1 MiB is refused with the way that works', async () => {
    expect(await refusal({ items: [{ prompt: 'x'.repeat(10_000_000) }] })).toMatch(/10000\d+ bytes.*itemsFile/)
  })

  it('may hold NUL and any whole character, but no half of one', async () => {
    const prompt = 'a\u0000b 😀 \u202e'
    expect(await checkInput('parallel', { items: [{ prompt }] })).toEqual({ items: [{ prompt }] })
    expect(await refusal({ items: [{ prompt: 'a\ud83d' }] })).toMatch(
      /items\.0\.prompt: half a surrogate pair \(U\+D83D\) at 1/,
    )
  })

  it('that JSON cannot hold is refused in one line', async () => {
    const circle: Record<string, unknown> = {}
    circle.self = circle
    expect(await refusal(circle)).toMatch(/cannot be written as JSON/)
    expect(await refusal({ items: [{ prompt: 1n }] })).toMatch(/cannot be written as JSON/)
  })

  it('takes a zod schema as output and sends JSON Schema', async () => {
    const given: ParallelInput = { items: [{ prompt: 'x', output: z.object({ age: z.int() }) }] }
    const input = await checkInput('parallel', given)
    expect(input).toMatchObject({ items: [{ output: { type: 'object', properties: { age: { type: 'integer' } } } }] })
  })

  it('of an unknown workflow is refused with the names there are', () => {
    expect(() => checkWorkflow('reveiw')).toThrow(/"reveiw".*parallel, review/)
  })
})

describe('run ids', () => {
  it('say what and when, and are accepted back', () => {
    const id = newRunId('review', new Date(2026, 10, 21))
    expect(id).toMatch(/^review-261121-[a-z2-9]{6}$/)
    expect(checkRunId(id)).toBe(id)
    expect(newRunId('review')).not.toBe(newRunId('review'))
  })

  it('are at most 200 bytes of text that a screen can show', () => {
    expect(checkRunId('ü'.repeat(100))).toHaveLength(100)
    expect(() => checkRunId('ü'.repeat(101))).toThrow(/202 bytes/)
    for (const bad of ['', 'a\nb', 'a\ud800', '@last', 'run-1/stream', 7])
      expect(() => checkRunId(bad)).toThrow(InvalidInputError)
  })
})

it('a summary is one clamped line', () => {
  expect(runSummary('review', { paths: ['/home/me/app/src'], experts: ['a'] })).toBe('review · app/src · 1 expert')
  const items = [{ prompt: 'x' }, { prompt: 'y' }]
  expect(runSummary('parallel', { items })).toBe('parallel · 2 items')
  expect(runSummary('review', { paths: Array(100).fill('a\nb/c') }).length).toBeLessThanOrEqual(120)
})
