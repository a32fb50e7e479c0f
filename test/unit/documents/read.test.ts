// What is read, from real files; PDFs are taken apart by the built thread.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makePdf } from '../../support/pdf.js'

type Read = typeof import('../../../src/activities/documents/read.js')
const BUILT = new URL('../../../dist/activities/documents/read.js', import.meta.url).href
const FIXTURES = new URL('../../fixtures/documents/', import.meta.url).pathname

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ensemble-test-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const write = (name: string, content: string | Buffer) => {
  mkdirSync(join(root, name, '..'), { recursive: true })
  writeFileSync(join(root, name), content)
}
const read = async (...entries: string[]) => {
  const { readDocuments } = (await import(BUILT)) as Read
  return readDocuments(entries.map((entry) => join(root, entry)))
}
const refusal = async (...entries: string[]) =>
  read(...entries).then(
    () => 'read',
    (error: Error) => error.message,
  )

describe('globs', () => {
  it('find each file once, sorted, without what is hidden, linked or a package unless it is named', async () => {
    for (const name of ['b.md', 'a/c.md', '.hidden.md', 'node_modules/x/d.md', '[odd]/e.md', 'f.txt']) write(name, name)
    symlinkSync(join(root, 'f.txt'), join(root, 'link.md'))
    const paths = async (...entries: string[]) => (await read(...entries)).documents.map(({ path }) => path)
    expect(await paths('**/*.md', 'b.md')).toEqual(['[odd]/e.md', 'a/c.md', 'b.md'])
    expect(await paths('.')).toEqual(['[odd]/e.md', 'a/c.md', 'b.md', 'f.txt'])
    expect(await paths('.h*', 'link.md')).toEqual(['.hidden.md', 'f.txt'])
    expect(await paths('[odd]', 'node_modules/**')).toEqual(['[odd]/e.md', 'node_modules/x/d.md'])
    expect(await paths('a/*')).toEqual(['c.md'])
  })

  it('that match nothing, and names that do not exist, are refused by name', async () => {
    write('a.md', 'a')
    expect(await refusal('a.md', '*.pdf')).toMatch(/no file matches ".*\*\.pdf"/)
    expect(await refusal('a.md', 'b.md')).toMatch(/b\.md does not exist: wanted a file, a directory or a glob/)
    mkdirSync(join(root, 'bare'))
    expect(await refusal('bare')).toMatch(/no file matches ".*bare"/)
  })

  it('do not wait for a pipe', async () => {
    execFileSync('mkfifo', [join(root, 'pipe.md')])
    expect(await refusal('pipe.md')).toMatch(/pipe\.md is neither a file nor a directory/)
    write('a.md', 'a')
    expect((await read('*')).documents).toHaveLength(1)
  })
})

describe('files', () => {
  it('are what their bytes say, whatever they are called', async () => {
    write('text.png.md', '\ufeffone\r\ntwo')
    write('a.dat', await makePdf([['Page one'], []]))
    const { documents, leftOut } = await read('*', `../../../../../../../${FIXTURES}roof.png`)
    expect(leftOut).toEqual([])
    // Their order is that of their paths, and where this repository is decides about one of them.
    expect(documents.toSorted((a, b) => (a.kind < b.kind ? -1 : 1))).toEqual([
      expect.objectContaining({ kind: 'image', type: 'image/png', path: expect.stringMatching(/roof\.png$/) }),
      expect.objectContaining({ kind: 'pdf', pages: ['Page one', ''], open: true }),
      expect.objectContaining({ kind: 'text', text: 'one\r\ntwo' }),
    ])
  })

  it('that cannot be read are left out, each with its reason', async () => {
    const pdf = await makePdf([['Page one']])
    write('a.md', 'a')
    write('cut.pdf', pdf.subarray(0, 200))
    write('locked.pdf', await makePdf([['Page one']], { locked: true }))
    write('no.pdf', 'not a PDF')
    write('no.png', 'not an image')
    write('latin.txt', Buffer.from([0x66, 0xe9, 0x66]))
    write('nul.txt', 'a\0b')
    write('empty.txt', '')
    write('blank.txt', ' \n')
    write('large.png', Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(4_000_000)]))
    const { documents, leftOut } = await read('*')
    expect(documents.map(({ path }) => path)).toEqual(['a.md'])
    expect(Object.fromEntries(leftOut.map(({ path, reason }) => [path, reason]))).toEqual({
      'blank.txt': 'empty: nothing but white space',
      'cut.pdf': expect.stringMatching(/^damaged: /),
      'empty.txt': 'empty',
      'large.png': 'an image of 4.0 MB, the API takes at most 3.9 MB',
      'latin.txt': 'not text: not valid UTF-8',
      'locked.pdf': 'encrypted: a PDF that wants a password',
      'no.pdf': 'damaged, or no PDF at all: it begins as none does',
      'no.png': 'damaged, or no png image at all: it begins as none does',
      'nul.txt': 'not text: it holds NUL bytes',
    })
  })

  it('of which none can be read are refused with every reason', async () => {
    write('x.bin', Buffer.from([0, 1, 2]))
    write('y.pdf', '%PDF-1.7 and nothing else')
    expect(await refusal('*')).toMatch(
      /nothing to read in .*: x\.bin \(not text: it holds NUL bytes\), y\.pdf \(damaged: .*\); wanted text, Markdown, PDF or images/,
    )
  })
})
