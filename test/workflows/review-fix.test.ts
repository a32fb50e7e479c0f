// A review that is acted upon: findings are offered, an agent with tools works off those that are taken, its changes are
// kept or undone, and the result says what became of each.
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findAudits } from '../../src/audit/files.js'
import { entriesOf, verifyAudit } from '../../src/audit/verify.js'
import type { ReviewInput } from '../../src/contracts/schemas/index.js'
import { answer, asked } from '../support/approvals.js'
import { resultOf } from '../support/run-result.js'
import { openStage, type Stage } from '../support/stage.js'
import { until } from '../support/until.js'

const LOOSE = 'export const isNone = (value) => value == 0\n'
const NUMBER = 'export const toNumber = (text) => parseInt(text)\n'
const SECRET = "export const password = 'correct-horse-battery'\n"
const finding = (file: string, title: string) => ({ file, line: 1, severity: 'medium', title, detail: 'Mend it.' })
const FINDINGS = [
  finding('src/loose.js', 'Loose comparison'),
  finding('src/number.js', 'Number parsed without a radix'),
  finding('src/secret.js', 'A secret in the source'),
]
let stage: Stage
let workspace: string

beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())
beforeEach(async () => {
  stage.simulator.setRules([
    { match: { system: '/You are the correctness expert/' }, reply: { json: { findings: FINDINGS } } },
  ])
  workspace = await mkdtemp(join(tmpdir(), 'ensemble-fix-'))
  await mkdir(join(workspace, 'src'))
  await writeFile(join(workspace, 'src/loose.js'), LOOSE)
  await writeFile(join(workspace, 'src/number.js'), NUMBER)
  await writeFile(join(workspace, 'src/secret.js'), SECRET)
  execFileSync('git', ['init', '-q'], { cwd: workspace })
  return () => rm(workspace, { recursive: true })
})

const read = (name: string) => readFile(join(workspace, 'src', name), 'utf8')
const start = (more: Partial<ReviewInput> = {}) =>
  stage.start('review', { paths: [workspace], experts: ['correctness'], confirm: 'never', fix: true, ...more })

describe('a review with fix', () => {
  it('offers its findings, fixes those that are taken, and keeps the changes a person has seen', async () => {
    const handle = await start()
    const offered = await answer(stage, handle, 'findings', 'approve', { input: { only: ['f1', 'f2'] } })
    expect(offered.choices?.map(({ id }) => id)).toEqual(['f1', 'f2', 'f3'])
    expect(offered.choices?.[0]?.label).toMatch(/medium +src\/loose\.js:1 {2}Loose comparison/)
    const changes = await answer(stage, handle, 'changes', 'approve')
    expect(changes.title).toBe('keep the changes in 2 files (+2 −2)?')
    expect(changes.lines).toContain('+export const isNone = (value) => value === 0')
    const result = await resultOf(handle)
    expect(result.status).toBe('completed')
    expect(result.fixes?.map(({ id, status }) => [id, status])).toEqual([
      ['f1', 'fixed'],
      ['f2', 'fixed'],
      ['f3', 'refused'],
    ])
    expect(result.changes).toMatchObject({ kept: true, files: [{ path: 'src/loose.js' }, { path: 'src/number.js' }] })
    const [audit] = await findAudits(join(stage.home, 'store'), handle.workflowId)
    expect(verifyAudit(audit?.text ?? '', handle.workflowId, result.audit && [result.audit], true).ok).toBe(true)
    expect(entriesOf(audit?.text ?? '').map((entry) => entry as object)).toMatchObject([
      { type: 'approval_requested', approval: 'findings', digest: offered.digest },
      { type: 'approval', kind: 'approve', digest: offered.digest, by: 'mia', only: ['f1', 'f2'] },
      { type: 'child', run: `${handle.workflowId}/fixer`, status: 'completed' },
      { type: 'approval_requested', approval: 'changes', digest: changes.digest },
      { type: 'approval', kind: 'approve', digest: changes.digest, by: 'mia' },
      { type: 'session_end', status: 'completed' },
    ])
    expect(result.items.map(({ id, status }) => [id, status])).toEqual([
      ['correctness', 'ok'],
      ['summary', 'ok'],
      ['fixer', 'ok'],
    ])
    expect(await read('loose.js')).toBe(LOOSE.replace('==', '==='))
    expect(await read('number.js')).toBe(NUMBER.replace('(text)\n', '(text, 10)\n'))
    expect(await read('secret.js')).toBe(SECRET)
  })

  it('undoes the changes a person rejects, and says so', async () => {
    await writeFile(join(workspace, 'notes.txt'), 'not committed\n')
    const handle = await start()
    await answer(stage, handle, 'findings', 'approve', { input: { only: ['f1'] } })
    await answer(stage, handle, 'changes', 'reject', { note: 'not like this' })
    const result = await resultOf(handle)
    expect(result.status).toBe('rejected')
    expect(result.fixes?.[0]).toMatchObject({ status: 'refused', note: 'undone by mia: not like this' })
    expect(result.changes).toMatchObject({ kept: false, files: [{ path: 'src/loose.js' }] })
    expect(await read('loose.js')).toBe(LOOSE)
    expect(await readFile(join(workspace, 'notes.txt'), 'utf8')).toBe('not committed\n')
  })

  it('asks before it changes what git ignores, because that is not undone', async () => {
    await writeFile(join(workspace, '.gitignore'), '.env\nbuilt/\n')
    await writeFile(join(workspace, '.env'), 'PORT=1\n')
    await mkdir(join(workspace, 'built'))
    await writeFile(join(workspace, 'built/app.js'), 'old\n')
    const write = (file_path: string) => ({
      type: 'tool_use' as const,
      name: 'Write',
      input: { file_path, content: 'new\n' },
    })
    stage.simulator.setRules([
      { match: { system: '/You are the correctness expert/' }, reply: { json: { findings: FINDINGS } } },
      { match: { prompt: 'Loose comparison' }, reply: { blocks: ['.env', 'built/more.js', 'src/new.js'].map(write) } },
      { reply: { json: { results: [{ id: 'f1', fixed: false, note: 'it was not allowed' }] } } },
    ])
    const handle = await start()
    await answer(stage, handle, 'findings', 'approve', { input: { only: ['f1'] } })
    const fixer = stage.client.workflow.getHandle(`${handle.workflowId}/fixer`)
    await until('the fixer', () =>
      fixer.describe().then(
        () => true,
        () => false,
      ),
    )
    const questions = await until('two questions', async () => {
      const { approvals } = await stage.status(fixer)
      return approvals.length === 2 && approvals
    })
    expect(questions.map(({ title }) => title).sort()).toEqual([
      'fixer asks: Write .env',
      'fixer asks: Write built/more.js',
    ])
    for (const { digest } of questions) await fixer.signal('reject', { digest, by: 'mia' })
    const changes = await answer(stage, handle, 'changes', 'approve')
    expect(changes.title).toContain('1 file')
    await handle.result()
    expect(await readFile(join(workspace, '.env'), 'utf8')).toBe('PORT=1\n')
  })

  it('names what is not fixed, and is partial then', async () => {
    const handle = await start()
    await answer(stage, handle, 'findings', 'approve')
    await answer(stage, handle, 'changes', 'approve')
    const result = await resultOf(handle)
    expect(result.status).toBe('partial')
    expect(result.fixes?.[2]).toMatchObject({
      id: 'f3',
      status: 'failed',
      note: 'SIMULATED: there is no rule for this',
    })
    expect(result.items.at(-1)?.error).toEqual({ type: 'NotFixed', message: '1 of 3 findings are not fixed' })
    const root = await handle.describe()
    stage.simulator.resetJournal()
    // Run again it offers what it found without paying for it again.
    const rerunOf = { root: { workflowId: handle.workflowId, firstRunId: root.runId }, run: root.runId }
    const again = await stage.start('review', { rerunOf })
    await answer(stage, again, 'findings', 'reject', { note: 'enough' })
    expect(
      (await resultOf(again)).fixes?.every(
        ({ status, note }) => status === 'refused' && note === 'refused by mia: enough',
      ),
    ).toBe(true)
    expect(stage.simulator.journal().posts).toBe(0)
  })

  it('refuses what was not offered, and keeps the question open', async () => {
    const handle = await start()
    const { digest } = await asked(stage, handle, 'findings')
    const send = (input: unknown) => handle.executeUpdate('decide', { args: [{ kind: 'approve', digest, input }] })
    await expect(send({ only: ['f9'] })).rejects.toMatchObject({ cause: { message: /f9 is not among f1, f2, f3/ } })
    await expect(send({ only: [] })).rejects.toMatchObject({ cause: { message: /send reject to take none/ } })
    await expect(send(['f1'])).rejects.toMatchObject({ cause: { message: /wanted \{ "only"/ } })
    // As from a form: without a digest, the fields bare.
    await new Promise((resolve) => setTimeout(resolve, 1100))
    await handle.signal('approve', { only: ['f1'], by: 'mia' })
    await answer(stage, handle, 'changes', 'approve')
    expect((await resultOf(handle)).fixes?.map(({ status }) => status)).toEqual(['fixed', 'refused', 'refused'])
  })

  it('that is interrupted while it fixes says what was changed by then', async () => {
    stage.simulator.setRules([
      { match: { system: '/You are the correctness expert/' }, reply: { json: { findings: FINDINGS } } },
      { match: { prompt: 'Edited src/loose.js' }, reply: { delayMs: 30_000 } },
    ])
    const handle = await start()
    await answer(stage, handle, 'findings', 'approve')
    await until('the first edit', async () => (await read('loose.js')) !== LOOSE)
    await handle.signal('interrupt')
    const result = await resultOf(handle)
    expect(result.status).toBe('interrupted')
    expect(result.changes).toMatchObject({ kept: true, files: [{ path: 'src/loose.js' }] })
    expect(result.fixes?.every(({ status, note }) => status === 'failed' && note === 'the agent was interrupted')).toBe(
      true,
    )
  })

  it('is refused for files that are nowhere', async () => {
    const handle = await stage.start('review', { files: [{ path: 'a.js', text: LOOSE }], fix: true })
    await expect(handle.result()).rejects.toMatchObject({
      cause: { type: 'InvalidInput', message: /fix: wanted paths/ },
    })
  })
})
