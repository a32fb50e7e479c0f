import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { listDocuments } from '../../../src/activities/documents/list.js'
import { fromHere } from '../../../src/cli/commands/run-documents.js'

let here: string
beforeEach(() => {
  here = join(mkdtempSync(join(tmpdir(), 'ensemble-test-')), 'a+b (c) [d] {e,f} !g @h')
  mkdirSync(join(here, 'sub'), { recursive: true })
  for (const name of ['a.md', 'b*.md', 'sub/c.md']) writeFileSync(join(here, name), name)
})
afterEach(() => rmSync(join(here, '..'), { recursive: true, force: true }))

const found = async (...files: string[]) =>
  (await listDocuments(files.map((file) => fromHere(file, here)))).map(({ shown }) => shown)

it('a glob means the files of this directory, whatever the directory is called', async () => {
  expect(await found('*.md', 'sub/../sub/*')).toEqual(['a.md', 'b*.md', 'sub/c.md'])
  expect(await found(join(here, 'sub'), './a.md')).toEqual(['a.md', 'sub/c.md'])
  expect(await found('**/c.md')).toEqual(['c.md'])
})

it('a file is itself, also when its name looks like a glob', async () => {
  expect(await found('b*.md')).toEqual(['b*.md'])
})

it('a directory means all of it, a name with a line end too', async () => {
  writeFileSync(join(here, 'sub', 'two\nlines.md'), 'd')
  expect(await found('.')).toEqual(['a.md', 'b*.md', 'sub/c.md', 'sub/two\nlines.md'])
})

it('a name that is no glob and does not exist is refused at once', () => {
  expect(() => fromHere('other.md', here)).toThrow('no such file or directory: other.md')
})
