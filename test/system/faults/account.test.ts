// Account reviews under load: many at once, each with its own account.
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AccountResult } from '../../../src/contracts/account.js'
import { approve } from '../../../src/contracts/messages.js'
import { accountServers, type LookUp, openLookUp } from '../../support/account.js'
import { resultOf } from '../../support/run-result.js'
import { openStage, type Stage } from '../../support/stage.js'
import { verifyHistory } from '../../support/verify.js'

/** `npm run soak`: a hundred. */
const AT_ONCE = process.env.ENSEMBLE_SOAK ? 100 : 10

type Client = typeof import('../../../src/client/ensemble.js')
let stage: Stage
let ensemble: Awaited<ReturnType<Client['connectTo']>>
let crm: LookUp

beforeAll(async () => {
  stage = await openStage({ workers: 2, searchAttributes: true })
  const { connectTo } = (await import('../../../dist/client/ensemble.js')) as Client
  const { address } = stage.server
  ensemble = await connectTo({
    ...{ address, namespace: 'default', taskQueue: 'ensemble', storeDir: join(stage.home, 'store') },
  })
  crm = await openLookUp(stage.home)
})
afterAll(async () => {
  await crm.close()
  await ensemble.close()
  await stage.close()
})
beforeEach(() => {
  stage.simulator.setRules([])
  stage.simulator.resetJournal()
})

const accountOf = (number: number) => `A${String(number).padStart(3, '0')}`

describe('many account reviews at once', () => {
  it(`${AT_ONCE} of them all end, each with its own account, each write done once`, async () => {
    const mcpServers = accountServers(stage.home)
    const began = Date.now()
    const handles = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, index) =>
        stage.start('account', { account: accountOf(index + 1), mcpServers, confirm: 'never' }),
      ),
    )
    // One person, one list: what waits is seen without asking each of the runs.
    const answered = new Set<string>()
    let ended = 0
    const reviews = Promise.all(
      handles.map((handle) => resultOf(handle).finally(() => ended++) as Promise<AccountResult>),
    )
    while (ended < AT_ONCE) {
      for (const { run, digest } of await ensemble.approvals()) {
        if (!answered.has(run)) await stage.client.workflow.getHandle(run).signal(approve, { digest, by: 'load test' })
        answered.add(run)
      }
      await Promise.race([reviews, new Promise((resolve) => setTimeout(resolve, 500))])
    }
    const all = await reviews
    const seconds = (Date.now() - began) / 1000
    console.info(`${AT_ONCE} account reviews: ${seconds.toFixed(1)} s, ${stage.simulator.journal().posts} model calls`)
    expect(all.map(({ status }) => status)).toEqual(Array(AT_ONCE).fill('completed'))
    expect(all.map(({ crm_summary }) => crm_summary?.account.id)).toEqual(all.map((_, index) => accountOf(index + 1)))
    for (const { account_id, requires_approval = [], recommendations = [], missing } of all) {
      expect(missing).toEqual([])
      expect(recommendations.length).toBeGreaterThanOrEqual(3)
      expect(requires_approval.map(({ status }) => status)).toEqual(requires_approval.map(() => 'done'))
      const added = requires_approval.filter(({ tool }) => tool.endsWith('create_contact')).length
      expect(await crm.ask('list_contacts', { account_id })).toHaveLength(1 + added)
    }
    expect(all.some(({ requires_approval }) => requires_approval?.length)).toBe(true)
    // Three agents, two calls each.
    expect(stage.simulator.journal().posts).toBe(6 * AT_ONCE)
    for (const handle of handles.slice(0, 3)) await verifyHistory(handle)
  })
})
