// A whole coding run by a person with nothing but the Web UI: started from its form, the plan read and approved, the work
// read, changed and approved, and then the commits are there.
import { rm } from 'node:fs/promises'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { CodeResult } from '../../src/contracts/code.js'
import { CODE_TASKS, makeRepository, programs, type Repository, runTests } from '../support/code.js'
import { resultOf } from '../support/run-result.js'
import { openStage, type Stage } from '../support/stage.js'
import { until } from '../support/until.js'
import { openBrowser, openRunPage, startFromPage } from './web-ui.js'

let stage: Stage
let browser: Browser
let repo: Repository

beforeAll(async () => {
  repo = makeRepository('auth')
  stage = await openStage({ programs })
  browser = await openBrowser()
})
afterAll(async () => {
  await browser.close()
  await stage.close()
  await rm(repo.directory, { recursive: true, force: true })
})

/** Until an answer without a digest counts. */
async function readable(handle: Parameters<Stage['status']>[0], name: string): Promise<void> {
  await until(`${name} to be asked and read`, async () => {
    const open = (await stage.status(handle)).approvals.find((one) => one.name === name && !one.answer)
    return open !== undefined && Date.now() - Date.parse(open.openedAt) > 1100
  })
}

it('a coding run is started, read, changed and approved in the Web UI alone', async () => {
  const id = 'code-by-hand'
  const input = { task: CODE_TASKS.auth, repo: repo.directory, allowUnsandboxed: true }
  await startFromPage(browser, stage.server.webUrl, { id, type: 'code', taskQueue: 'ensemble', input })
  const handle = stage.client.workflow.getHandle(id)
  await readable(handle, 'plan')
  const ui = await openRunPage(browser, stage.server.webUrl, id)
  const plan = await ui.details('6 agents in 2 stages on 5 files, commits to main for $0.0', 'Send a Signal')
  expect(plan).toMatch(/Price: expected \$0\.\d+, worst \$0\.\d+/)
  expect(plan).toContain('Stage 1 · Foundation (parallel)')
  expect(plan).toMatch(/\[Haiku-5\] Implement the authentication service · auth\/auth-service\.js · .* min · \$0\.00/)
  expect(plan).toMatch(/min side by side, .* min one after another\n+Tests: npm test, without a sandbox/)
  expect(plan).toContain('revise with a patch of the input: {"concurrency": 5}, or a note for the planner')
  expect((await ui.agents()).map(([agent, model, state]) => [agent, model, state])).toEqual([
    ...[1, 2, 3, 4, 5, 6].map((n) => [`Haiku-${n}`, 'claude-haiku-5-5', 'waiting']),
    ['planner', 'claude-sonnet-5-5', 'ok'],
  ])

  await ui.signal('approve', '{"by":"north"}')
  await ui.details('[Haiku-1] started')
  await readable(handle, 'work')
  const work = await ui.details('create 6 commits? Tests: 18')
  // The UI sets a fraction as one.
  expect(work).toMatch(/Tests: 18[/⁄]18 passing/)
  expect(work).toMatch(/Commits to be created:\n+\[Haiku-1\] Add authentication types and errors\n/)
  expect(work).toMatch(/\[Haiku-6\] Test the authentication service\n+\[Haiku-1\] SIMULATED/)
  expect(work).toMatch(/changed auth\/auth\.test\.js \(\+71 −0\)\n+1 of 1 criteria shown/)
  expect(work).toContain('revise with what an agent is to change: {"agents": {"Haiku-1": "…"}}')

  await ui.signal('revise', '{"agents": {"Haiku-2": "name the key in errors"}, "by": "north"}')
  await until('the work to be offered anew', async () => {
    const open = (await stage.status(handle)).approvals.filter(({ name }) => name === 'work')
    return open.length === 2 && Date.now() - Date.parse(open[1]?.openedAt ?? '') > 1100
  })
  await ui.details('create 6 commits?', 'Answer to work: revise by north')
  await ui.signal('approve', '{"by":"north"}')
  const result = (await resultOf(handle)) as CodeResult
  expect(result).toMatchObject({ status: 'completed', tests: { ok: true } })
  const done = await ui.details('completed · 6 agents', 'Answer to work: approve by north')
  for (const { commit, subject } of result.commits ?? [])
    expect(done).toContain(`[commit] ${commit.slice(0, 7)} ${subject}`)
  expect((await ui.agents()).find(([agent]) => agent === 'Haiku-2')?.[2]).toBe('ok, 2 attempts')
  expect(repo.git('log', '--format=%h %s', '--reverse').split('\n').slice(1)).toEqual(
    result.commits?.map(({ commit, subject }) => `${commit.slice(0, 7)} ${subject}`),
  )
  expect(repo.git('status', '--porcelain')).toBe('')
  expect(runTests(repo.directory).passed).toBe(true)
})
