import { describe, expect, it } from 'vitest'
import { reviewAnswer } from '../../../src/simulator/review.js'
import { filesIn } from '../../../src/simulator/review-files.js'
import { summaryOf } from '../../../src/simulator/summary.js'

const source = [
  "import { exec } from 'node:child_process'",
  "const apiKey = 'abcd1234efgh5678'",
  'export async function run(list: string[]) {',
  '  for (const name of list) {',
  '    await fetch(`http://files.internal.corp/` + name)',
  '  }',
  '  try {',
  '    eval(list[0])',
  '  } catch {}',
  '  // TODO tidy',
  '}',
]
const asFile = (path: string, lines: string[]) =>
  `<file path="${path}">\n${lines.map((text, index) => `${index + 1}\t${text}`).join('\n')}\n</file>`
const finding = {
  type: 'object',
  properties: {
    file: { type: 'string' },
    line: { type: 'integer' },
    severity: { enum: ['critical', 'high', 'medium', 'low'] },
    title: { type: 'string' },
    detail: { type: 'string' },
  },
}
const schema = { type: 'object', properties: { findings: { type: 'array', items: finding } }, required: ['findings'] }
type Found = { file: string; line: number; severity: string; title: string; detail: string }
const review = (expert: string, ...files: string[]) => {
  const system = [`The files:\n${files.join('\n')}`, `You are the ${expert} expert of a code review.\nAnswer in JSON.`]
  return (reviewAnswer(schema, system, 'Review these files.') as { findings: Found[] } | undefined)?.findings
}

describe('a simulated review', () => {
  it.each([
    ['security', [2, 5, 8]],
    ['correctness', [9]],
    ['performance', [5]],
    ['maintainability', [10]],
  ])('the %s expert points at the lines its patterns fit', (expert, lines) => {
    const found = review(expert, asFile('src/a.ts', source)) ?? []
    expect([...new Set(found.map(({ line }) => line))].sort((a, b) => a - b)).toEqual(lines)
    expect(found.every(({ file, detail }) => file === 'src/a.ts' && detail.startsWith('SIMULATED'))).toBe(true)
  })

  it('says the same for the same files, the worst first', () => {
    const found = review('security', asFile('src/a.ts', source))
    expect(found).toEqual(review('security', asFile('src/a.ts', source)))
    expect(found?.[0]?.severity).toBe('critical')
  })

  it('finds nothing in a file without anything', () => {
    expect(review('security', asFile('src/b.ts', ['export const one = 1']))).toEqual([])
  })

  it('keeps the numbers it was given and is not ended by a closing tag inside a file', () => {
    const files = filesIn('<file path="x.ts">\n41\tconst a = `\n42\t</file>\n43\t`\n</file>\nafter')
    expect(files).toEqual([
      {
        path: 'x.ts',
        lines: [
          { number: 41, text: 'const a = `' },
          { number: 42, text: '</file>' },
          { number: 43, text: '`' },
        ],
      },
    ])
  })

  it('is no review without files or without a list of findings in the schema', () => {
    expect(review('security')).toBeUndefined()
    expect(reviewAnswer({ type: 'object', properties: {} }, [asFile('a.ts', source)], '')).toBeUndefined()
  })
})

describe('a simulated summary', () => {
  it('counts severities and names the first place', () => {
    const prompt = `Summarise these findings:\n${JSON.stringify([
      { file: 'src/a.ts', line: 8, severity: 'critical' },
      { file: 'src/a.ts', line: 2, severity: 'low' },
    ])}`
    expect(summaryOf(prompt)).toMatch(/^SIMULATED summary.*1 critical, 1 low.*src\/a\.ts \(2\).*src\/a\.ts, line 8/)
  })

  it('is made only of findings', () => {
    expect(summaryOf('What is the capital of France?')).toBeUndefined()
  })
})
