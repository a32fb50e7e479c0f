// An account review as a person with nothing but the Web UI sees it: what would change in the CRM, one of it approved.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { AccountResult } from '../../src/contracts/account.js'
import { accountServers, openLookUp } from '../support/account.js'
import { resultOf } from '../support/run-result.js'
import { openStage, type Stage } from '../support/stage.js'
import { until } from '../support/until.js'
import { openBrowser, openRunPage } from './web-ui.js'

let stage: Stage
let browser: Browser

beforeAll(async () => {
  stage = await openStage()
  browser = await openBrowser()
})
afterAll(async () => {
  await browser.close()
  await stage.close()
})

it('the changes an account review proposes are shown with their arguments, and {"only":["r1"]} does one of them', async () => {
  const handle = await stage.start('account', {
    ...{ account: 'ACME', mcpServers: accountServers(stage.home), confirm: 'never' },
  })
  const { approvals } = await stage.reach(handle, 'waiting')
  const question = approvals.find(({ name }) => name === 'writes')
  await until('the question to have been read', () => Date.now() - Date.parse(question?.openedAt ?? '') > 1100)
  const ui = await openRunPage(browser, stage.server.webUrl, handle.workflowId)
  const page = await ui.details(
    '2 changes in the CRM for ACME',
    'r1: mcp__crm__create_contact',
    'r4: mcp__crm__create_deal',
  )
  expect(page).toContain('"email":"payable@acme.example","role":"pays invoices"}')
  expect(page).toContain(question?.digest)
  expect((await ui.agents()).map(([agent, , state]) => [agent, state])).toEqual([
    ['scout', 'ok'],
    ['memory', 'ok'],
    ['author', 'ok'],
  ])
  await ui.signal('approve', '{"only":["r1"],"by":"north"}')
  const review = (await resultOf(handle)) as AccountResult
  expect(review.status).toBe('completed')
  expect(review.requires_approval?.map(({ id, status }) => [id, status])).toEqual([
    ['r1', 'done'],
    ['r4', 'skipped'],
  ])
  await ui.details('completed', 'Answer to writes: approve by north')
  await ui.page.close()
  const crm = await openLookUp(stage.home)
  expect(await crm.ask('list_contacts', { account_id: 'ACME' })).toHaveLength(4)
  expect(await crm.ask('list_open_deals', { account_id: 'ACME' })).toHaveLength(2)
  await crm.close()
})
