// How a repository's tests are run, from what is in it.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { findTest } from '../../../src/activities/code/tests/find-test.js'

async function repository(files: Record<string, string>): Promise<string> {
  const top = await mkdtemp(join(tmpdir(), 'ensemble-find-test-'))
  onTestFinished(() => rm(top, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(top, name)), { recursive: true })
    await writeFile(join(top, name), text)
  }
  return top
}
const found = async (files: Record<string, string>) => findTest(await repository(files))
const script = (test: string) => JSON.stringify({ scripts: { test } })

it('a script comes first, by the manager whose lock file is there', async () => {
  const own = { 'package.json': script('vitest run'), Makefile: 'test:\n\tx', 'go.mod': '', 'pytest.ini': '[pytest]' }
  expect(await found(own)).toBe('npm test')
  expect(await found({ ...own, 'package-lock.json': '{}' })).toBe('npm test')
  expect(await found({ ...own, 'pnpm-lock.yaml': '' })).toBe('pnpm test')
  expect(await found({ ...own, 'yarn.lock': '' })).toBe('yarn test')
  expect(await found({ ...own, 'bun.lockb': '' })).toBe('bun run test')
})

it('npm’s own word for no script is none, and neither is a file that cannot be read as one', async () => {
  const none = script('echo "Error: no test specified" && exit 1')
  expect(await found({ 'package.json': none })).toBeUndefined()
  expect(await found({ 'package.json': none, Makefile: 'all: x\ntest: all\n\techo' })).toBe('make test')
  for (const text of ['{', '[]', 'null', '{"scripts":{"test":3}}', '{"scripts":{"test":" "}}', '{"scripts":[]}'])
    expect(await found({ 'package.json': text }), text).toBeUndefined()
  expect(await found({ 'package.json/x': 'a directory' })).toBeUndefined()
})

it.each([
  ['test:\n\tgo test', 'make test'],
  ['.PHONY: test\nlint test: build\n\tx', 'make test'],
  ['test::\n\tx', 'make test'],
  ['test := 3\nunittest:\n\tx\ntests:\n\tx\n\ttest: y', undefined],
])('of the makefile %j: %s', async (text, command) => {
  expect(await found({ Makefile: text })).toBe(command)
})

it('Python’s tests are run by pytest where it is, and by unittest else', async () => {
  const venv = '.venv/lib/python3.11/site-packages'
  const withPytest = { '.venv/bin/python': '', [`${venv}/pytest/__init__.py`]: '' }
  const without = { '.venv/bin/python': '', [`${venv}/other/__init__.py`]: '' }
  for (const name of ['test_a.py', 'a_test.py', 'tests/test_a.py', 'tests/check.py', 'pytest.ini'])
    expect(await found({ ...withPytest, [name]: '[pytest]' }), name).toBe('.venv/bin/python -m pytest')
  for (const [name, text] of [
    ['pyproject.toml', '[tool.pytest.ini_options]\n'],
    ['setup.cfg', '[tool:pytest]\n'],
    ['tox.ini', '[pytest]\n'],
  ] as const)
    expect(await found({ ...withPytest, [name]: text }), name).toBe('.venv/bin/python -m pytest')
  expect(await found({ ...withPytest, 'pyproject.toml': '[project]\nname = "x"\n', 'main.py': '' })).toBeUndefined()
  expect(await found({ ...without, 'test_a.py': '' })).toBe('.venv/bin/python -m unittest')
  expect(await found({ ...without, 'tests/test_a.py': '', 'tests/__init__.py': '' })).toBe(
    '.venv/bin/python -m unittest',
  )
  const loose = await found({ ...without, 'tests/test_a.py': '' })
  expect(loose).toBe('.venv/bin/python -m unittest discover -s tests')
  expect(await found({ 'test_a.py': '', 'Cargo.toml': '' })).toMatch(/^python3 -m (pytest|unittest)$/)
})

it('a file of the repository that is called pytest is not taken for it, nor run', async () => {
  const evil = `raise SystemExit(open('${join(tmpdir(), 'never')}', 'w'))`
  const command = await found({ 'test_a.py': '', 'pytest.py': evil, 'importlib.py': evil })
  expect(command).toBe(await found({ 'test_a.py': '' }))
})

it('Cargo and Go come last; a repository that says nothing has none', async () => {
  expect(await found({ 'Cargo.toml': '', 'go.mod': '' })).toBe('cargo test')
  expect(await found({ 'go.mod': '' })).toBe('go test ./...')
  expect(await found({ 'README.md': 'test: it', 'src/x.ts': '' })).toBeUndefined()
})
