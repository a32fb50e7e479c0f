// Agents by the command line, as another program or a person without a terminal has them: everything that waits in one
// list, budgets, the account review with its servers, and mistakes named before anything is done.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { questions, uses } from '../support/agents.js'
import { startProgram } from '../support/program.js'
import { openStage, type Stage } from '../support/stage.js'
import { until } from '../support/until.js'

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname

let stage: Stage
let workspace: string
beforeAll(async () => {
  stage = await openStage({ searchAttributes: true })
  workspace = join(stage.home, 'workspace')
  await mkdir(workspace)
  const write = (name: string) => uses({ name: 'Write', input: { file_path: `${name}.txt`, content: name } })
  stage.simulator.setRules([
    ...['one', 'two'].map((name) => ({ match: { prompt: `/^write ${name}$/` }, reply: { blocks: write(name) } })),
    { match: { prompt: '/^Wrote|^Created|txt/' }, reply: { text: 'Written.' } },
  ])
})
afterAll(() => stage.close())

async function run(...args: string[]) {
  const program = startProgram(MAIN, args, stage)
  return { code: await program.ended, out: program.out(), err: program.err() }
}
const agent = (task: string, more: object = {}) =>
  stage.start('thread', {
    agent: { name: 'writer', prompt: 'You write.', tools: ['Write'] },
    ...{ workspace, task, stream: false, ...more },
  })

describe('what waits', () => {
  it('is one list, and answered together, by who may', async () => {
    const runs = await Promise.all(['one', 'two'].map((name) => agent(`write ${name}`, { approvers: ['lead'] })))
    await Promise.all(runs.map((one) => questions(stage, one)))
    const listed = await until('both to be listed', async () => {
      const open = JSON.parse((await run('approvals', '--json')).out) as { run: string; about: string }[]
      return open.length === 2 && open
    })
    expect(listed.map(({ about }) => about).join()).toMatch(/one\.txt.*two\.txt|two\.txt.*one\.txt/)
    const stranger = await run('approvals', '--approve', 'all', '--by', 'stranger')
    expect(stranger).toMatchObject({ code: 1, err: expect.stringMatching(/not taken: .*stranger may not answer/) })
    await expect(readFile(join(workspace, 'one.txt'))).rejects.toThrow('ENOENT')
    const lead = await run('approvals', '--approve', '1,2', '--by', 'lead')
    // Shown exactly before it is answered.
    expect(lead).toMatchObject({ code: 0, err: expect.stringMatching(/"content":"one"[\s\S]*approve: taken/) })
    for (const one of runs) expect(await one.result()).toMatchObject({ status: 'completed' })
    expect([await readFile(join(workspace, 'one.txt'), 'utf8'), (await run('approvals')).err]).toEqual([
      'one',
      expect.stringContaining('nothing waits for an answer'),
    ])
  })

  it('for money goes on with a raised cap', async () => {
    const handle = await agent('write two', { budgetUsd: 0.00001, permissionMode: 'acceptEdits' })
    await questions(stage, handle)
    expect(await run('raise-budget', handle.workflowId, 'much')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Wanted dollars'),
    })
    expect((await run('raise-budget', handle.workflowId, '1')).code).toBe(0)
    expect(await handle.result()).toMatchObject({ status: 'completed', budget: { capUsd: 1 } })
  })
})

it('an account review waits with 10, does what is picked, and its audit is whole', async () => {
  const asked = await run('run', 'account', 'ACME', '--demo', '--id', 'review-of-acme')
  expect(asked).toMatchObject({ code: 10, err: expect.stringMatching(/r1 +mcp__crm__create_contact \{"account_id"/) })
  expect(await run('approve', '@last', '--only', 'r9')).toMatchObject({
    code: 2,
    err: expect.stringContaining('only: r9 is not among r1, r4'),
  })
  const done = await run('approve', '@last', 'writes', '--only', 'r1', '--by', 'north')
  expect(done).toMatchObject({ code: 0, out: expect.stringMatching(/\| r1 \|.*done[\s\S]*\| r4 \|.*skipped/) })
  const verified = await run('audit', 'verify', 'review-of-acme')
  expect(verified.code).toBe(0)
  expect(verified.out.trim().split('\n').sort()).toEqual(
    ['/author', '/memory', '/scout', ''].map((agent) => expect.stringContaining(`review-of-acme${agent}: whole`)),
  )
})

describe('a mistake is named with 2, and nothing is asked:', () => {
  const mistakes: [what: string, file: string, text: string, args: string[], said: string][] = [
    ['in the settings', 'ensemble.config.json', '{"permisionMode":"plan"}', ['list'], 'did you mean permissionMode?'],
    [
      'in an agent file',
      'a.md',
      '---\nname: a\ntools: [Read\n---\nYou read.\n',
      ['run', 'agent', 'a.md', 'x'],
      'agent file a.md: line ',
    ],
    ['a tool', 'a.md', '---\nname: a\ntools: Raed\n---\nYou read.\n', ['run', 'agent', 'a.md', 'x'], '"Raed"'],
    [
      'a server',
      'a.md',
      '---\nname: a\ntools: mcp__crm__*\nmcpServers:\n  - crm:\n      command: /no/such/program\n---\nYou read.\n',
      ['run', 'agent', 'a.md', 'x'],
      'MCP server crm: cannot be started',
    ],
  ]
  it.each(mistakes)('%s', async (_, file, text, args, said) => {
    const before = stage.simulator.journal().posts
    await writeFile(join(stage.home, file), text)
    const ended = await run(...args).finally(() => rm(join(stage.home, file)))
    expect(ended).toMatchObject({ code: 2, out: '', err: expect.stringContaining(said) })
    expect(stage.simulator.journal().posts).toBe(before)
  })
})
