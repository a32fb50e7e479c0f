// The two tools about accounts, and tools of a person's own.
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { tool } from '../../../src/tools/define.js'
import { room } from './room.js'

async function said(name: string, input: object): Promise<unknown> {
  const { run } = await room()
  return JSON.parse((await run(name, input)) as string)
}
const scores = (engagement: number, financial: number, satisfaction: number) => ({
  ...{ engagement_score: engagement, financial_score: financial, satisfaction_score: satisfaction },
})

describe('account_health_score', () => {
  it.each([
    [[100, 100, 100], 100, 'healthy'],
    [[75, 75, 75], 75, 'at_risk'],
    [[60, 85, 85], 75, 'at_risk'],
    [[75.1, 75, 75], 75.04, 'healthy'],
    [[80, 71, 72.3], 74.99, 'at_risk'],
    [[0, 0, 0], 0, 'at_risk'],
  ] as const)('%j is %d, %s', async ([engagement, financial, satisfaction], overall_score, health_status) => {
    expect(await said('account_health_score', scores(engagement, financial, satisfaction))).toEqual({
      ...{ overall_score, health_status, components: { engagement, financial, satisfaction } },
    })
  })

  it('wants scores of 0 to 100', async () => {
    await expect(said('account_health_score', scores(101, 0, 0))).rejects.toThrow()
  })
})

describe('risk_signals', () => {
  const quiet = (days: number) => ({ type: 'engagement', severity: 'high', message: `No contact for ${days} days` })
  const overdue = { type: 'financial', severity: 'critical', message: 'A payment is overdue' }
  it.each([
    [{ days_since_contact: 30, payment_status: 'paid' }, []],
    [{ days_since_contact: 31 }, [quiet(31)]],
    [{ days_since_contact: 31, payment_status: 'overdue', owner: 'anybody' }, [quiet(31), overdue]],
    [{}, []],
  ])('%j: %j', async (account, risks) => {
    expect(await said('risk_signals', account)).toEqual(risks)
  })
})

describe('a tool of a person’s own', () => {
  const schema = z.object({ city: z.string() })
  const weather = {
    name: 'weather',
    description: 'Tells the weather.',
    schema,
    permission: 'network',
    effect: 'read',
    run: async ({ input }: { input: { city: string } }) => `sunny in ${input.city}`,
  } as const

  it('knows its input’s type', async () => {
    const own = tool({ ...weather, run: async ({ input, signal }) => (signal.aborted ? '' : input.city.toUpperCase()) })
    const call = { input: { city: 'bern' }, signal: new AbortController().signal, key: 'k' }
    expect(await own.run(call)).toBe('BERN')
  })

  it.each([
    [{ name: 'mcp__a__b' }, 'not beginning with mcp__'],
    [{ name: 'with space' }, 'wanted a name of 1 to 64'],
    [{ description: ' ' }, 'wanted a description'],
    [{ effect: 'reconcilable' }, 'it needs a check'],
    [{ check: async () => undefined }, 'its check would never be asked'],
    [{ schema: z.string() }, 'wanted a schema of an object'],
  ])('%j is refused', (wrong, reason) => {
    expect(() => tool({ ...weather, ...wrong } as Parameters<typeof tool>[0])).toThrow(reason)
  })
})
