import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { InputError } from '../../../src/activities/input-error.js'
import { readReviewFiles } from '../../../src/activities/review/read.js'

let root: string

beforeEach(() => {
  root = join(mkdtempSync(join(tmpdir(), 'ensemble-test-')), 'd')
  mkdirSync(root)
})
afterEach(() => rmSync(join(root, '..'), { recursive: true, force: true }))

const write = (name: string, text: string | Buffer) => writeFileSync(join(root, name), text)

describe('paths', () => {
  it('reads text and leaves out by name what is none, what is empty and what is too much', async () => {
    write('a.ts', '\ufeffone\r\ntwo\r\n')
    write('b.png', Buffer.from([0x50, 0x4b, 0, 1]))
    write('c.txt', Buffer.from([0x66, 0xe9, 0x66]))
    write('d.ts', '')
    write('e.csv', 'x\n'.repeat(600_000))
    write('f.min.js', 'x'.repeat(60_000))
    const { files, leftOut } = await readReviewFiles({ paths: [root] })
    expect(files).toEqual([{ path: 'd/a.ts', at: join(root, 'a.ts'), lines: 2, text: 'one\r\ntwo\r\n' }])
    expect(leftOut).toEqual([
      { path: 'd/b.png', reason: 'not text: it holds NUL bytes' },
      { path: 'd/c.txt', reason: 'not text: not valid UTF-8' },
      { path: 'd/d.ts', reason: 'empty' },
      { path: 'd/e.csv', reason: 'larger than 1 MB (1.2 MB)' },
      { path: 'd/f.min.js', reason: 'a line of 60000 characters, at most 50000 are read' },
    ])
  })

  it('refuses a file that is named itself and is not text, rather than leaving it out', async () => {
    write('a.ts', 'a')
    write('b.png', Buffer.from([0, 1]))
    const named = readReviewFiles({ paths: [join(root, 'a.ts'), join(root, 'b.png')] })
    await expect(named).rejects.toThrow(InputError)
    await expect(named).rejects.toThrow('b.png cannot be reviewed: not text: it holds NUL bytes')
  })

  it('refuses a path that does not exist as bad input', async () => {
    const missing = readReviewFiles({ paths: [join(root, 'nope.ts')] })
    await expect(missing).rejects.toThrow(InputError)
    await expect(missing).rejects.toThrow(/nope\.ts does not exist/)
  })

  it('says why when nothing is left, with at most ten names', async () => {
    for (let n = 10; n < 30; n++) write(`${n}.bin`, Buffer.from([0]))
    const error = await readReviewFiles({ paths: [root] }).catch((error: Error) => error)
    expect(error).toBeInstanceOf(InputError)
    expect(String(error)).toMatch(/nothing to review in .*d\/10\.bin \(not text.*d\/19\.bin.*and 10 more; wanted/)
    expect(String(error)).not.toContain('20.bin')
  })

  it('refuses more than 50 MB in all, saying how much there is', async () => {
    for (let n = 0; n < 60; n++) write(`${n}.csv`, 'some text\n'.repeat(95_000))
    await expect(readReviewFiles({ paths: [root] })).rejects.toThrow(/60 files.*wanted at most 50\.0 MB.*fewer paths/)
  })

  it('stops when it is told to', async () => {
    write('a.ts', 'a')
    await expect(readReviewFiles({ paths: [root] }, AbortSignal.abort())).rejects.toThrow(/abort/i)
  })
})

describe('files given', () => {
  it('are taken as they are, sorted by path', async () => {
    const files = [
      { path: 'b.ts', text: '1\n2' },
      { path: 'a.ts', text: '\n' },
    ]
    expect((await readReviewFiles({ files })).files).toEqual([
      { path: 'a.ts', lines: 1, text: '\n' },
      { path: 'b.ts', lines: 2, text: '1\n2' },
    ])
  })

  it.each([
    [[{ path: 'a', text: 'x\0' }], /a cannot be reviewed: not text/],
    [[{ path: 'a', text: '\ud800' }], /a cannot be reviewed: not text: invalid Unicode/],
    [[{ path: '\udc00', text: 'x' }], /not valid Unicode/],
    [
      [
        { path: 'a', text: 'x' },
        { path: 'a', text: 'y' },
      ],
      /"a" is given twice/,
    ],
    [[{ path: 'a', text: '' }], /nothing to review in the files given: a \(empty\)/],
  ])('%j is refused', async (files, message) => {
    await expect(readReviewFiles({ files })).rejects.toThrow(message)
    await expect(readReviewFiles({ files })).rejects.toThrow(InputError)
  })
})
