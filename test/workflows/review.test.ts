// Experts look at the same files; what they found is merged by code, checked against the files, and reported whatever
// becomes of the last call.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { RerunOf } from '../../src/contracts/plan.js'
import { isTextRef } from '../../src/contracts/refs.js'
import type { ReviewInput } from '../../src/contracts/schemas/index.js'
import { failureOf, resultOf } from '../support/run-result.js'
import { openStage, type Stage } from '../support/stage.js'

const FILES = [
  { path: 'src/login.ts', text: 'export function login(name: string) {\n  return eval(name)\n}\n' },
  { path: 'src/empty-loop.ts', text: 'for (const a of list) {\n  for (const b of list) work(a, b)\n}\n' },
]
const SUMMARY = { system: 'sum up a code review' }
let stage: Stage

beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())
beforeEach(() => {
  stage.simulator.setRules([])
  stage.simulator.resetJournal()
})

const start = (input: ReviewInput) => stage.start('review', { confirm: 'never', inlineBytes: 100_000, ...input })
const run = async (input: ReviewInput) => resultOf(await start(input))
const expert = (name: string) => ({ system: `/You are the ${name} expert/` })
const finding = (more: object) => ({
  ...{ file: 'src/login.ts', line: 2, severity: 'high', title: 'Runs what it is given', detail: 'Do not.' },
  ...more,
})
const textOf = (report: unknown): string => {
  if (typeof report !== 'string') throw new Error(`wanted the report itself, got ${JSON.stringify(report)}`)
  return report
}

describe('a review', () => {
  it('by the default experts is one report, with findings at places that exist', async () => {
    const { status, items, findings = [], report, usd } = await run({ files: FILES })
    expect(status).toBe('completed')
    expect(items.map(({ id }) => id)).toEqual(['security', 'correctness', 'performance', 'readability', 'summary'])
    expect(findings.length).toBeGreaterThan(0)
    expect(findings.every(({ verified, file }) => verified && FILES.some(({ path }) => path === file))).toBe(true)
    expect(textOf(report)).toContain('SIMULATED')
    for (const { title } of findings) expect(textOf(report)).toContain(title.slice(0, 20))
    expect(usd).toBeCloseTo(
      items.reduce((sum, item) => sum + (item.usd ?? Number.NaN), 0),
      6,
    )
    expect(stage.simulator.journal().posts).toBe(5)
  })

  it('marks what names no real place, merges what several say of one, and puts the worst first', async () => {
    stage.simulator.setRules([
      {
        match: expert('security'),
        reply: { json: { findings: [finding({}), finding({ file: 'src/other.ts', severity: 'critical' })] } },
      },
      {
        match: expert('tests'),
        reply: { json: { findings: [finding({ title: 'Never tested' }), finding({ line: 99, severity: 'low' })] } },
      },
    ])
    const { findings = [], report } = await run({ files: FILES, experts: ['security', 'tests'] })
    expect(findings.map((one) => [one.severity, one.file, one.line, one.expert, one.verified])).toEqual([
      ['critical', 'src/other.ts', 2, 'security', false],
      ['high', 'src/login.ts', 2, 'security, tests', true],
      ['low', 'src/login.ts', 99, 'tests', false],
    ])
    expect(textOf(report)).toContain('2 unverified')
  })

  it('whose summary fails is partial, and its report stands; a rerun pays for the summary alone', async () => {
    stage.simulator.setRules([{ match: SUMMARY, fault: { kind: '400', message: 'no summary today' } }])
    const handle = await start({ files: FILES, experts: ['security'] })
    const first = await resultOf(handle)
    expect(first.status).toBe('partial')
    expect(first.items.map(({ id, status }) => [id, status])).toEqual([
      ['security', 'ok'],
      ['summary', 'error'],
    ])
    expect(textOf(first.report)).toContain(first.findings?.[0]?.title)
    stage.simulator.setRules([{ match: SUMMARY, reply: { text: 'In short: beware.' } }])
    stage.simulator.resetJournal()
    const root = { workflowId: handle.workflowId, firstRunId: (await handle.describe()).runId }
    const rerunOf: RerunOf = { root, run: root.firstRunId }
    const again = await resultOf(await stage.start('review', { rerunOf }))
    expect(again.status).toBe('completed')
    expect(textOf(again.report)).toContain('In short: beware.')
    expect(again.findings).toEqual(first.findings)
    expect(stage.simulator.journal().posts).toBe(1)
  })

  it('without one of its experts is partial and says whose findings are missing', async () => {
    stage.simulator.setRules([{ match: expert('tests'), fault: { kind: '400', message: 'not today' } }])
    const { status, report, findings } = await run({ files: FILES, experts: ['security', 'tests'] })
    expect(status).toBe('partial')
    expect(findings?.every((one) => one.expert === 'security')).toBe(true)
    expect(textOf(report)).toMatch(/tests \| error: not today/)
    expect(textOf(report)).toContain('1 of 2 experts gave no answer')
  })

  it('without any answer is failed, and nothing is summed up', async () => {
    stage.simulator.setRules([{ fault: { kind: '400', message: 'not today' } }])
    const handle = await start({ files: FILES, experts: ['security', 'tests'] })
    expect((await failureOf(handle)).type).toBe('RunFailed')
    const { items, report } = await resultOf(handle)
    expect(items.map(({ status }) => status)).toEqual(['error', 'error', 'skipped'])
    expect(report).toBeUndefined()
    expect(stage.simulator.journal().posts).toBe(2)
  })

  it.each([
    ['of another shape', { findings: [{ file: 'src/login.ts' }] }],
    ['that is no list', { findings: 'none' }],
  ])('takes an answer %s for an error of that expert, and asks him again in a rerun', async (_, json) => {
    stage.simulator.setRules([{ match: expert('tests'), reply: { json } }])
    const handle = await start({ files: FILES, experts: ['security', 'tests'] })
    const { status, items } = await resultOf(handle)
    expect(status).toBe('partial')
    expect(items[1]).toMatchObject({ id: 'tests', status: 'error', error: { type: 'OutputInvalid' } })
    expect(items[1]?.usd).toBeGreaterThan(0)
    stage.simulator.setRules([])
    const root = { workflowId: handle.workflowId, firstRunId: (await handle.describe()).runId }
    const rerunOf: RerunOf = { root, run: root.firstRunId, items: ['tests'] }
    expect((await resultOf(await stage.start('review', { rerunOf }))).status).toBe('completed')
  })

  it('that is interrupted makes a report of what is there, without another call', async () => {
    stage.simulator.setRules([{ match: expert('tests'), fault: { kind: 'stall' } }])
    const handle = await start({ files: FILES, experts: ['security', 'tests'] })
    const ended = () => stage.status(handle).then(({ items }) => items.find(({ id }) => id === 'security')?.status)
    await expect.poll(ended, { timeout: 10_000 }).toBe('ok')
    await handle.signal('interrupt')
    const { status, report, items } = await resultOf(handle)
    expect(status).toBe('interrupted')
    expect(items.map((item) => item.status)).toEqual(['ok', 'interrupted', 'skipped'])
    expect(textOf(report)).toMatch(/tests \| interrupted/)
    expect(stage.simulator.journal().posts).toBe(2)
  })

  it('of more than a context holds is asked in groups, each file once, with line numbers that fit', async () => {
    const line = 'export const value = compute(1, 2, 3) // and so on\n'
    const files = ['a', 'b', 'c'].map((name) => ({ path: `${name}.ts`, text: line.repeat(4000) }))
    const places = [finding({ file: 'a.ts', line: 4000 }), finding({ file: 'c.ts', line: 4000 })]
    stage.simulator.setRules([{ match: expert('security'), reply: { json: { findings: places } } }])
    const { status, items, findings } = await run({ files, experts: ['security'], model: 'haiku-4-5' })
    expect(status).toBe('completed')
    expect(items.map(({ id }) => id)).toEqual(['security-1', 'security-2', 'summary'])
    expect(findings?.map(({ file, verified }) => [file, verified])).toEqual([
      ['a.ts', true],
      ['c.ts', true],
    ])
    for (const { usage } of items) expect(usage.inputTokens + usage.cacheWrite5mTokens).toBeLessThan(130_000)
  })

  it('of a directory reads its texts, names what it leaves out, and takes experts of its own', async () => {
    const dir = join(stage.home, 'project')
    await mkdir(dir)
    for (const { path, text } of FILES) await writeFile(join(dir, path.replace('src/', '')), text)
    await writeFile(join(dir, 'picture.png'), Buffer.from([137, 80, 78, 71, 0, 1, 2]))
    const own = { name: 'poetry', system: 'You are the poetry expert of a code review. Report nothing.' }
    stage.simulator.setRules([{ match: expert('poetry'), reply: { json: { findings: [] } } }])
    const handle = await start({ paths: [dir], experts: ['security', own] })
    const { status, items, report } = await resultOf(handle)
    expect(status).toBe('completed')
    expect(items.map(({ id }) => id)).toEqual(['security', 'poetry', 'summary'])
    expect((await stage.status(handle)).warnings).toEqual([expect.stringMatching(/left out: .*picture\.png \(/)])
    expect(textOf(report)).toMatch(/Left out[\s\S]*picture\.png/)
  })

  it('keeps a long report in storage, with its head in the result', async () => {
    const { report } = await run({ files: FILES, experts: ['security'], inlineBytes: 100 })
    if (!isTextRef(report)) throw new Error('wanted a ref')
    expect(report).toMatchObject({ bytes: expect.any(Number), head: expect.stringMatching(/^# security on 2 files/) })
  })

  it.each<[string, unknown, RegExp]>([
    ['an unknown expert', { files: FILES, experts: ['astrology'] }, /unknown expert "astrology"; wanted security, /],
    ['no experts', { files: FILES, experts: [] }, /experts: is empty: wanted at least one expert/],
    ['a path that is not there', { paths: ['/no/such/place'] }, /\/no\/such\/place/],
    ['neither paths nor files', {}, /wanted either paths or files/],
  ])('of %s is refused by name, and nothing is asked', async (_, input, message) => {
    const failure = await failureOf(await stage.start('review', input))
    expect(failure.type).toBe('InvalidInput')
    expect(failure.message).toMatch(message)
    expect(stage.simulator.journal().posts).toBe(0)
  })
})
