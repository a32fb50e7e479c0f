// A review whose findings are being worked off when its worker is killed: it goes on, and no edit and no command happens
// twice.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { answer } from '../../support/approvals.js'
import { resultOf } from '../../support/run-result.js'
import { openStage, type Stage } from '../../support/stage.js'
import { until } from '../../support/until.js'

const LOOSE = 'export const isNone = (value) => value == 0\n'
const NUMBER = 'export const toNumber = (text) => parseInt(text)\n'
let stage: Stage
let workspace: string

beforeAll(async () => {
  stage = await openStage()
  workspace = await mkdtemp(join(tmpdir(), 'ensemble-fix-'))
  await writeFile(join(workspace, 'loose.js'), LOOSE)
  await writeFile(join(workspace, 'number.js'), NUMBER)
  await writeFile(join(workspace, 'test.sh'), 'echo ran >> test-runs; sleep 2\n')
})
afterAll(async () => {
  await stage.close()
  await rm(workspace, { recursive: true })
})

const read = (name: string) => readFile(join(workspace, name), 'utf8').catch(() => '')

it('a review that fixes, its worker killed after an edit and during the tests: each happens once', async () => {
  const finding = (file: string, title: string) => ({ file, line: 1, severity: 'medium', title, detail: 'Mend it.' })
  const name = workspace.split('/').at(-1)
  const findings = [
    finding(`${name}/loose.js`, 'Loose comparison'),
    finding(`${name}/number.js`, 'Number parsed without a radix'),
  ]
  stage.simulator.setRules([
    { match: { system: '/You are the correctness expert/' }, reply: { json: { findings } } },
    { match: { prompt: 'Edited loose.js' }, reply: { delayMs: 1500 }, times: 1 },
  ])
  const fix = { test: 'sh test.sh', allowUnsandboxed: true }
  const handle = await stage.start('review', { paths: [workspace], experts: ['correctness'], confirm: 'never', fix })
  await answer(stage, handle, 'findings', 'approve')
  const killed: string[] = []
  const killWhen = async (what: string, happened: () => Promise<boolean>) => {
    await until(what, happened)
    await stage.workers.find((worker) => worker.running())?.kill()
    killed.push(what)
    await stage.addWorker()
  }
  await killWhen('an edit', async () => (await read('loose.js')) !== LOOSE)
  await killWhen('the tests to run', async () => (await read('test-runs')) !== '')
  // Whether the tests ended nobody knows: a person is asked, and looks.
  const fixer = stage.client.workflow.getHandle(`${handle.workflowId}/fixer`)
  const unknown = await until('the question about the command', async () => {
    const { approvals } = await stage.status(fixer)
    return approvals.find((approval) => approval.unknown && !approval.answer)
  })
  await fixer.executeUpdate('decide', { args: [{ kind: 'approve', digest: unknown.digest, by: 'mia' }] })
  const changes = await answer(stage, handle, 'changes', 'approve')
  const result = await resultOf(handle)
  expect(killed).toEqual(['an edit', 'the tests to run'])
  expect(result.status).toBe('completed')
  expect(result.fixes?.map(({ status }) => status)).toEqual(['fixed', 'fixed'])
  expect(changes.lines?.filter((line) => /^[+-][^+-]/.test(line))).toHaveLength(5)
  expect(await read('loose.js')).toBe(LOOSE.replace('==', '==='))
  expect(await read('number.js')).toBe(NUMBER.replace('(text)\n', '(text, 10)\n'))
  expect(await read('test-runs')).toBe('ran\n')
})
