import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { block, cell, code, inline } from '../../../src/activities/markdown.js'
import { type ReportParts, summaryPrompt, writeReport } from '../../../src/activities/review/report.js'
import type { Finding } from '../../../src/contracts/outcome.js'

const finding = (over: Partial<Finding> = {}): Finding => ({
  expert: 'security',
  file: 'src/a.ts',
  line: 12,
  severity: 'high',
  title: 'A title',
  detail: 'A detail.',
  verified: true,
  ...over,
})
const parts = (over: Partial<ReportParts> = {}): ReportParts => ({
  title: 'Review of src',
  simulated: false,
  findings: [finding()],
  experts: [{ name: 'security', status: 'ok', findings: 1, usd: 0.0123 }],
  files: 2,
  leftOut: [],
  ...over,
})

it('reads as a whole', () => {
  const report = writeReport(
    parts({
      summary: 'Two things matter.',
      simulated: true,
      findings: [finding(), finding({ severity: 'low', file: 'no.ts', verified: false, title: 'Other' })],
      experts: [
        { name: 'security', status: 'ok', findings: 2, usd: 0.0123 },
        { name: 'api', status: 'interrupted', note: 'stopped by a person', findings: 0, usd: null },
      ],
      leftOut: [{ path: 'logo.png', reason: 'not text' }],
    }),
  )
  expect(report).toBe(`# Review of src

> **SIMULATED**: the local simulator answered, no model was asked.

Two things matter.

## Experts

| expert | outcome | findings | cost |
| --- | --- | ---: | ---: |
| security | ok | 2 | $0.0123 |
| api | interrupted: stopped by a person | – | unknown |

## Findings

1 high, 1 low in 2 files. 1 unverified: the place named does not exist in what was reviewed. 1 of 2 experts gave no answer, so this list is incomplete.

### High

#### A title

\`src/a.ts:12\` · security

A detail.

### Low

#### Other

\`no.ts:12\` · security · **unverified**

A detail.

## Left out

- \`logo.png\`: not text
`)
})

it('says that there is no finding only together with who did not answer', () => {
  const experts: ReportParts['experts'] = [{ name: 'api', status: 'error', note: 'a|b\nc', findings: 0, usd: 0 }]
  const report = writeReport(parts({ findings: [], experts }))
  expect(report).toContain('None in 2 files. 1 of 1 expert gave no answer, so this list is incomplete.')
  expect(report).toContain('| api | error: a\\|b c | – | $0.0000 |')
  expect(report).not.toContain('SIMULATED')
})

it('lists at most a hundred files that were left out, and counts the others', () => {
  const leftOut = Array.from({ length: 130 }, (_, n) => ({ path: `${n}.png`, reason: 'not text' }))
  expect(writeReport(parts({ leftOut }))).toMatch(/`99\.png`: not text\n- and 30 more\n$/)
})

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\n',
        '\r',
        '|',
        '`',
        '```',
        '~~~',
        '# ',
        '## Findings',
        '---',
        '===',
        '<!--',
        '<script>',
        '\\',
        '![x](y)',
        '\u001b[31m',
      ),
      fc.string({ maxLength: 5 }),
    ),
    { maxLength: 15 },
  )
  .map((pieces) => pieces.join(''))

it('whatever a model writes, the headings and the table are those of the report', () => {
  fc.assert(
    fc.property(hostile, hostile, hostile, (summary, title, detail) => {
      const experts: ReportParts['experts'] = [{ name: title, status: 'error', note: detail, findings: 0, usd: 1 }]
      const report = writeReport(parts({ summary, findings: [finding({ title, detail })], experts }))
      const outside: string[] = []
      let fence: string | undefined
      for (const line of report.split('\n')) {
        const run = /^(`{3,}|~{3,})[^`]*$/.exec(line)?.[1]
        if (fence === undefined && run) fence = run
        else if (fence === undefined) outside.push(line)
        else if (run?.startsWith(fence) && line.trim() === run) fence = undefined
      }
      expect(fence).toBeUndefined()
      const headings = outside.filter((line) => /^\s*#{1,6}(\s|$)/.test(line) || /^\s*(=+|-+)\s*$/.test(line))
      expect(headings.filter((line) => !line.startsWith('#### '))).toEqual([
        '# Review of src',
        '## Experts',
        '## Findings',
        '### High',
      ])
      expect(headings).toHaveLength(5)
      expect(outside.filter((line) => line.endsWith(' | – | $1.0000 |'))).toHaveLength(1)
      const row = outside.find((line) => line.endsWith(' | – | $1.0000 |')) ?? ''
      expect(row.replace(/\\[\s\S]/g, '').split('|')).toHaveLength(6)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is the point
      expect(report).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/)
    }),
    { numRuns: 500 },
  )
})

describe('text of models', () => {
  it.each([
    ['a <b> <!-- c', 'a \\<b> \\<!-- c'],
    ['1 < 2 and `Array<string>`', '1 < 2 and `Array<string>`'],
    ['an open ` and <b>', 'an open \\` and \\<b>'],
    ['``a`<b>`` <i>', '``a`<b>`` \\<i>'],
    ['![x](http://y)', '!\\[x](http://y)'],
    ['# title', '\\# title'],
    ['\\<b>', '\\<b>'],
    ['\\\\<b>', '\\\\\\<b>'],
    ['text\n---', 'text\n\\---'],
    ['[a]: http://b', '\\[a]: http://b'],
    ['```ts\nconst a: Array<B>\n```\n<b>', '```ts\nconst a: Array<B>\n```\n\\<b>'],
    ['```\n# never closed', '```\n# never closed\n```'],
  ])('%j becomes %j', (text, safe) => {
    expect(block(text)).toBe(safe)
  })

  it('stands on one line where one line is wanted', () => {
    expect(inline(' a\n\n# b\t`c ')).toBe('a # b \\`c')
    expect(cell('a|b \\| c')).toBe('a\\|b \\\\\\| c')
    expect(code('a`b\nc')).toBe('`` a`b\\u{a}c ``')
  })
})

describe('what the summary call is asked', () => {
  it('names the experts and holds every finding', () => {
    const prompt = summaryPrompt([finding(), finding({ line: 40, verified: false })], ['security', 'api'])
    expect(prompt).toContain('security, api')
    expect(prompt).toContain('All 2, sorted by severity')
    expect(prompt).toContain('"file":"src/a.ts","line":40')
  })

  it('stays within 40,000 characters and says how many were cut', () => {
    const many = Array.from({ length: 500 }, (_, line) => finding({ line, detail: '😀"'.repeat(3000) }))
    const prompt = summaryPrompt(many, ['security'])
    expect(prompt.length).toBeLessThanOrEqual(40_000)
    const kept = prompt.split('\n').filter((line) => line.startsWith('{'))
    expect(prompt).toContain(`The first ${kept.length} of 500, sorted by severity; ${500 - kept.length} were cut`)
    expect(kept.length).toBeGreaterThan(5)
    expect(prompt).not.toMatch(/\p{Cs}/u)
  })

  it('asks for one sentence when there is nothing', () => {
    expect(summaryPrompt([], ['api'])).toMatch(/api.*no findings.*one sentence/)
  })
})
