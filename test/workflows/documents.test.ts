// Readers look at the same documents; what they quote is checked against the files, and the answer stands whatever
// becomes of the call that combines it.
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { DocumentsResult } from '../../src/contracts/documents.js'
import type { RerunOf } from '../../src/contracts/plan.js'
import { isTextRef } from '../../src/contracts/refs.js'
import type { DocumentsInput } from '../../src/contracts/schemas/index.js'
import { makePdf } from '../support/pdf.js'
import { failureOf, resultOf } from '../support/run-result.js'
import { openStage, type Stage } from '../support/stage.js'
import { verifyHistory } from '../support/verify.js'

const FIXTURES = new URL('../fixtures/documents', import.meta.url).pathname
const QUESTION = 'When may the tenant leave, and what is the rent?'
const SYNTHESIS = { system: 'You combine what readers took' }
let stage: Stage
let files: string

beforeAll(async () => {
  stage = await openStage()
  files = join(stage.home, 'files')
  await cp(FIXTURES, files, { recursive: true })
  const pages = [
    ['Inspection of the roof', 'Water comes in.'],
    ['The rent may be reduced', 'until the roof is repaired.'],
  ]
  await writeFile(join(files, 'report.pdf'), await makePdf(pages))
})
afterAll(() => stage.close())
beforeEach(() => {
  stage.simulator.setRules([])
  stage.simulator.resetJournal()
})

const start = (input: Partial<DocumentsInput>) =>
  stage.start('documents', { files: [join(files, '*')], confirm: 'never', inlineBytes: 100_000, ...input })
const run = async (input: Partial<DocumentsInput>) => (await resultOf(await start(input))) as DocumentsResult
const one = (name: string) => [join(files, name)]
const of = (name: string) => ({ prompt: `path="${name}"` })
const says = (answer: string, ...citations: { quote: string; place: number }[]) => ({
  reply: { json: { answered: true, answer, citations } },
})
const textOf = ({ answer }: DocumentsResult): string => {
  if (typeof answer !== 'string') throw new Error(`wanted the answer itself, got ${JSON.stringify(answer)}`)
  return answer
}
const folder = async (name: string, content: Record<string, string | Buffer>) => {
  await mkdir(join(stage.home, name))
  for (const [file, text] of Object.entries(content)) await writeFile(join(stage.home, name, file), text)
  return join(stage.home, name)
}

describe('documents', () => {
  it('of every kind are asked one question each, and what they say is combined with quotes that hold', async () => {
    const handle = await start({ questions: [QUESTION] })
    const result = (await resultOf(handle)) as DocumentsResult
    expect(result.status).toBe('completed')
    expect(result.items.map(({ id }) => id)).toEqual(['call.txt', 'lease.md', 'report.pdf', 'roof.png', 'synthesis'])
    const { citations = [] } = result
    const at = (file: string) => citations.filter((citation) => citation.file === file)
    expect(at('lease.md')).toContainEqual(expect.objectContaining({ line: 12, verified: true }))
    expect(at('report.pdf')).toContainEqual({
      file: 'report.pdf',
      page: 2,
      quote: 'The rent may be reduced',
      verified: true,
    })
    expect(at('roof.png')).toEqual([{ file: 'roof.png', quote: 'SIMULATED words of an image', verified: null }])
    const lease = (await readFile(join(files, 'lease.md'), 'utf8')).split('\n')
    for (const { line, quote, verified } of at('lease.md')) if (verified) expect(lease[line! - 1]).toContain(quote)
    expect(textOf(result)).toMatch(/^# 1 question on 4 documents\n\n> \*\*SIMULATED\*\*/)
    expect(textOf(result)).toContain('SIMULATED synthesis: 4 answers')
    await verifyHistory(handle)
    expect((await handle.describe()).historySize ?? 0).toBeLessThan(40_000)
  })

  it('without a question give their key points, each under its name; a simulated reader also errs', async () => {
    const result = await run({})
    expect(result.status).toBe('completed')
    for (const name of ['call.txt', 'lease.md', 'report.pdf']) expect(textOf(result)).toContain(`### \`${name}\`\n\n- `)
    const wrong = result.citations?.filter(({ verified }) => verified === false) ?? []
    expect(wrong.length).toBeGreaterThan(0)
    for (const { quote } of wrong) expect(quote).toMatch(/^SIMULATED mistake/)
    expect(textOf(result)).toContain('**unverified**')
  })

  it('have their quotes checked: the line put right, what is not there marked', async () => {
    stage.simulator.setRules([
      {
        match: of('lease.md'),
        ...says(
          'Six months.',
          { quote: "lease with six months' notice", place: 1 },
          { quote: 'the tenant may leave at once', place: 12 },
        ),
      },
      { match: of('call.txt'), ...says('Four.', { quote: '“four months, if everybody is reasonable', place: 3 }) },
    ])
    const { citations } = await run({ files: [...one('lease.md'), ...one('call.txt')], questions: [QUESTION] })
    expect(citations).toEqual([
      { file: 'call.txt', line: 3, quote: '“four months, if everybody is reasonable', verified: true },
      { file: 'lease.md', line: 12, quote: "lease with six months' notice", verified: true },
      { file: 'lease.md', line: 12, quote: 'the tenant may leave at once', verified: false },
    ])
  })

  it('with several questions are the cached part where that pays, and no part of the cache where it does not', async () => {
    const long = `${'A sentence that only makes the document long enough. '.repeat(80)}\nThe rent is due on Monday.\n`
    const dir = await folder('cached', { 'long.md': long, 'report.pdf': await readFile(join(files, 'report.pdf')) })
    const questions = ['When is the rent due?', 'Who pays for the roof?', 'Who has signed?']
    const result = await run({ files: [dir, ...one('call.txt')], questions })
    expect(result.items.map(({ id, status }) => `${id} ${status}`)).toEqual(
      [
        ...['cached/long.md', 'cached/report.pdf', 'files/call.txt'].flatMap((id) =>
          [1, 2, 3].map((q) => `${id}@q${q}`),
        ),
        ...[1, 2, 3].map((q) => `synthesis@q${q}`),
      ].map((id) => `${id} ok`),
    )
    const cache = (file: string) => {
      const used = result.items.filter(({ id }) => id.startsWith(file)).map(({ usage }) => usage)
      return used.map((one) => (one.cacheWrite5mTokens > 0 ? 'write' : one.cacheReadTokens > 0 ? 'read' : 'none'))
    }
    for (const file of ['cached/long.md', 'cached/report.pdf'])
      expect(cache(file).sort(), file).toEqual(['read', 'read', 'write'])
    expect(cache('files/call.txt')).toEqual(['none', 'none', 'none'])
    expect(result.savedUsd).toBeGreaterThan(0)
    expect(result.citations).toContainEqual({
      file: 'cached/long.md',
      line: 2,
      quote: 'The rent is due on Monday.',
      verified: true,
      question: 'When is the rent due?',
    })
    expect(textOf(result).match(/^## .*/gm)).toEqual(questions.map((question) => `## ${question}`))
  })

  it('with one question share it, cached only when it is long enough to pay', async () => {
    const written = async (question: string) => {
      const { items } = await run({ files: [`${files}/{lease.md,call.txt}`], questions: [question] })
      return items.slice(0, 2).map(({ usage }) => [usage.cacheWrite5mTokens > 0, usage.cacheReadTokens > 0])
    }
    expect(await written(QUESTION)).toEqual([
      [false, false],
      [false, false],
    ])
    expect((await written(`${QUESTION} ${'Mind every condition. '.repeat(120)}`)).sort()).toEqual([
      [false, true],
      [true, false],
    ])
  })

  it('that are one, in one part, need no synthesis: the reader answers', async () => {
    const result = await run({ files: one('lease.md'), questions: [QUESTION] })
    expect(result.items.map(({ id }) => id)).toEqual(['lease.md'])
    expect(textOf(result)).toContain('### `lease.md`\n\nSIMULATED: lease.md: It says')
  })

  it('that are too long for a call are read in parts, and quoted by the lines of the file', async () => {
    const section = (n: number) => `# Section ${n}\n\n${`Some words that fill section ${n} of it.\n`.repeat(2000)}`
    const text = Array.from({ length: 10 }, (_, n) => section(n)).join('')
    const line = text.split('\n').indexOf('# Section 9') + 1
    const dir = await folder('long', { 'long.md': text })
    stage.simulator.setRules([
      { match: { prompt: '# Section 9' }, ...says('Nine.', { quote: 'Section 9', place: line }) },
    ])
    const result = await run({ files: [dir], questions: ['Which section?'] })
    const ids = result.items.map(({ id }) => id)
    expect(ids.length).toBeGreaterThan(2)
    for (const id of ids.slice(0, -1)) expect(id).toMatch(/^long\.md:\d+-\d+$/)
    expect(result.citations).toContainEqual({ file: 'long.md', line, quote: 'Section 9', verified: true })
  })

  it('of which one fails are partial, and the answer names it', async () => {
    stage.simulator.setRules([{ match: of('report.pdf'), fault: { kind: '400', message: 'no PDF today' } }])
    const result = await run({ questions: [QUESTION] })
    expect(result.status).toBe('partial')
    expect(textOf(result)).toContain('## Not answered\n\n- `report.pdf`: error: no PDF today')
    expect(result.citations?.some(({ file }) => file === 'report.pdf')).toBe(false)
  })

  it('whose synthesis fails are partial, with the readers’ words; a rerun pays for the synthesis alone', async () => {
    stage.simulator.setRules([{ match: SYNTHESIS, fault: { kind: '400', message: 'no synthesis today' } }])
    const handle = await start({ questions: [QUESTION] })
    const first = (await resultOf(handle)) as DocumentsResult
    expect(first.status).toBe('partial')
    expect(textOf(first)).toContain('*Not combined: no synthesis today*')
    expect(textOf(first)).toContain('### `lease.md`\n\nSIMULATED: ')
    stage.simulator.setRules([{ match: SYNTHESIS, reply: { text: 'Three months.' } }])
    stage.simulator.resetJournal()
    const root = { workflowId: handle.workflowId, firstRunId: (await handle.describe()).runId }
    const rerunOf: RerunOf = { root, run: root.firstRunId, items: ['synthesis'] }
    const again = (await resultOf(await stage.start('documents', { rerunOf }))) as DocumentsResult
    expect(again.status).toBe('completed')
    expect(textOf(again)).toContain('Three months.')
    expect(again.citations).toEqual(first.citations)
    expect(stage.simulator.journal().posts).toBe(1)
  })

  it('without any answer are failed, and nothing is combined', async () => {
    stage.simulator.setRules([{ fault: { kind: '400', message: 'not today' } }])
    const handle = await start({ questions: [QUESTION, 'Who?'], files: one('*.{md,txt}') })
    expect((await failureOf(handle)).type).toBe('RunFailed')
    const { items, answer } = (await resultOf(handle)) as DocumentsResult
    expect(items.map(({ status }) => status)).toEqual(['error', 'error', 'error', 'error', 'skipped', 'skipped'])
    expect(answer).toBeUndefined()
    expect(stage.simulator.journal().posts).toBe(4)
  })

  it('that are interrupted give an answer of what is there, without another call', async () => {
    stage.simulator.setRules([{ match: of('lease.md'), fault: { kind: 'stall' } }])
    const handle = await start({ questions: [QUESTION] })
    const ended = () => stage.status(handle).then(({ items }) => items.filter(({ status }) => status === 'ok').length)
    await expect.poll(ended, { timeout: 10_000 }).toBe(3)
    await handle.signal('interrupt')
    const result = (await resultOf(handle)) as DocumentsResult
    expect(result.status).toBe('interrupted')
    expect(result.items.map(({ status }) => status)).toEqual(['ok', 'interrupted', 'ok', 'ok', 'skipped'])
    expect(textOf(result)).toContain('- `lease.md`: interrupted')
    expect(textOf(result)).toContain('### `call.txt`')
    expect(stage.simulator.journal().posts).toBe(4)
  })

  it('that are paused are not combined until they go on', async () => {
    stage.simulator.setRules([{ match: of('lease.md'), reply: { delayMs: 1500 } }])
    const handle = await start({ questions: [QUESTION] })
    await stage.reach(handle, 'running')
    await handle.signal('pause')
    const ended = () => stage.status(handle).then(({ items }) => items.filter(({ status }) => status === 'ok').length)
    await expect.poll(ended, { timeout: 10_000 }).toBe(4)
    expect((await stage.status(handle)).status).toBe('paused')
    expect(stage.simulator.journal().posts).toBe(4)
    await handle.signal('resume')
    expect((await resultOf(handle)).items.at(-1)).toMatchObject({ id: 'synthesis', status: 'ok' })
    await verifyHistory(handle)
  })

  it('are planned and priced first: PDFs and images by what they are, not by the length of their base64', async () => {
    const noise = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 251))
    const png = Buffer.concat([await readFile(join(files, 'roof.png')), noise])
    const dir = await folder('priced', { 'a.png': png, 'b.pdf': await makePdf([['one'], ['two']]) })
    for (const questions of [[QUESTION], [QUESTION, 'Who?']]) {
      for (const confirm of ['never', 'always'] as const) {
        const result = await run({ files: [dir], questions, confirm, dryRun: true })
        expect(result.status).toBe('planned')
        expect(result.plan?.price.inputTokens).toBeLessThan(30_000)
      }
    }
    expect(stage.simulator.journal().posts).toBe(0)
  })

  it('of more than 500 calls continue as new and come together at the end', async () => {
    const notes = Array.from({ length: 260 }, (_, n) => [
      `${String(n).padStart(3, '0')}.md`,
      `The rent of flat ${n} is ${n} euros.`,
    ])
    const dir = await folder('many', Object.fromEntries(notes))
    const handle = await start({ files: [dir], questions: ['What rent?', 'Which flat?'], concurrency: 50 })
    const { runId } = await handle.describe()
    const result = (await resultOf(handle)) as DocumentsResult
    expect(result.status).toBe('completed')
    expect(result.items).toHaveLength(522)
    expect(result.citations).toHaveLength(500)
    expect((await handle.describe()).runId).not.toBe(runId)
    expect(isTextRef(result.answer)).toBe(true)
  })

  it('keep a long answer in storage, with its head in the result', async () => {
    const { answer } = await run({ files: one('lease.md'), inlineBytes: 100 })
    if (!isTextRef(answer)) throw new Error('wanted a ref')
    expect(answer.head).toMatch(/^# key points on 1 document/)
  })

  it('that are damaged among others are left out with a warning', async () => {
    const dir = await folder('mixed', {
      'a.md': 'The rent is low.',
      'b.pdf': '%PDF-1.7 broken',
      'c.bin': Buffer.from([0]),
    })
    const handle = await start({ files: [dir] })
    const result = (await resultOf(handle)) as DocumentsResult
    expect(result.status).toBe('completed')
    expect((await stage.status(handle)).warnings).toEqual([
      expect.stringMatching(/^left out: b\.pdf \(damaged: .*\), c\.bin \(not text: it holds NUL bytes\)$/),
    ])
    expect(textOf(result)).toContain('## Left out\n\n- `b.pdf`: damaged')
    const alone = await failureOf(await start({ files: [join(dir, 'b.pdf')] }))
    expect(alone.message).toMatch(/nothing to read in .*b\.pdf: b\.pdf \(damaged: /)
  })

  it.each<[string, object, RegExp]>([
    ['a glob that matches nothing', { files: ['/nowhere/*.md'] }, /no file matches "\/nowhere\/\*\.md"/],
    ['a file that is not there', { files: ['/no/such/file.md'] }, /\/no\/such\/file\.md does not exist/],
    ['no files', { files: [] }, /files: is empty: wanted at least one file or glob/],
    ['an empty question', { questions: [''] }, /questions\.0: is empty/],
    ['a blank question', { questions: ['Who?', ' \n'] }, /questions\.1: is empty; wanted text/],
    ['no questions', { questions: [] }, /questions: is empty: wanted at least one question, or no list/],
  ])('of %s are refused by name, and nothing is asked', async (_, input, message) => {
    const failure = await failureOf(await start(input))
    expect(failure.type).toBe('InvalidInput')
    expect(failure.message).toMatch(message)
    expect(stage.simulator.journal().posts).toBe(0)
  })
})
