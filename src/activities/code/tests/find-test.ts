// The command that runs a repository's tests, from what the repository says of itself. First what a person wrote down as
// their command (package.json, Makefile: it may start other runners than the one the files look like), then what a
// language's own tools run without being told.
import { execFile } from 'node:child_process'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** By lock file; `bun test` would be Bun's own runner instead of the script. */
const MANAGERS = [
  ['pnpm-lock.yaml', 'pnpm test'],
  ['yarn.lock', 'yarn test'],
  ['bun.lock', 'bun run test'],
  ['bun.lockb', 'bun run test'],
] as const
const MAKEFILES = ['GNUmakefile', 'makefile', 'Makefile']
const PYTEST_SETTINGS = [
  ['pytest.ini', /./],
  ['pyproject.toml', /^\[tool\.pytest\b/m],
  ['setup.cfg', /^\[tool:pytest\]/m],
  ['tox.ini', /^\[pytest\]/m],
] as const
const VENVS = ['.venv', 'venv']

/** @param top absolute. undefined: nothing there says how; nothing of the repository is run to find out */
export async function findTest(top: string): Promise<string | undefined> {
  return (await scriptOf(top)) ?? (await targetOf(top)) ?? (await pythonOf(top)) ?? (await compiledOf(top))
}

async function scriptOf(top: string): Promise<string | undefined> {
  const script = testScript(await textOf(top, 'package.json'))
  // What npm writes into a new package.json.
  if (script === undefined || script.trim() === '' || script.includes('no test specified')) return undefined
  for (const [lock, command] of MANAGERS) if (await isThere(join(top, lock))) return command
  return 'npm test'
}

function testScript(text: string): string | undefined {
  try {
    const script: unknown = JSON.parse(text)?.scripts?.test
    return typeof script === 'string' ? script : undefined
  } catch {
    // Then npm could not run it either.
    return undefined
  }
}

async function targetOf(top: string): Promise<string | undefined> {
  for (const name of MAKEFILES) {
    const text = await textOf(top, name)
    if (text === '') continue
    // The first of these names is the one make reads.
    return /^(?:[^\s:#=]+ +)*test(?: +[^\s:#=]+)* *::?(?!=)/m.test(text) ? 'make test' : undefined
  }
  return undefined
}

async function pythonOf(top: string): Promise<string | undefined> {
  const isTest = (name: string) => /^test_.*\.py$|_test\.py$/.test(name)
  const inTests = (await namesIn(join(top, 'tests'))).filter((name) => name.endsWith('.py'))
  const atTop = (await namesIn(top)).some(isTest)
  const settings = await Promise.all(PYTEST_SETTINGS.map(async ([name, says]) => says.test(await textOf(top, name))))
  const wantsPytest = settings.includes(true)
  if (!wantsPytest && !atTop && inTests.length === 0) return undefined
  for (const venv of VENVS) {
    const python = `${venv}/bin/python`
    if (await isThere(join(top, python)))
      return pythonTest(python, await hasPytest(join(top, venv)), { atTop, inTests })
  }
  return pythonTest('python3', await canImportPytest(), { atTop, inTests })
}

function pythonTest(python: string, pytest: boolean, at: { atTop: boolean; inTests: string[] }): string {
  if (pytest) return `${python} -m pytest`
  // Discovery enters packages only: a directory of tests that is none is named to it.
  const named = !at.atTop && at.inTests.length > 0 && !at.inTests.includes('__init__.py')
  return `${python} -m unittest${named ? ' discover -s tests' : ''}`
}

/** Looked up as files: a program of the repository's directory is not started for a question. */
async function hasPytest(venv: string): Promise<boolean> {
  for (const version of await namesIn(join(venv, 'lib')))
    if (await isThere(join(venv, 'lib', version, 'site-packages', 'pytest'))) return true
  return false
}

/** Asked outside of the repository and without its paths: a pytest.py of it is none. */
async function canImportPytest(): Promise<boolean> {
  const code = 'import importlib.util, sys; sys.exit(importlib.util.find_spec("pytest") is None)'
  return promisify(execFile)('python3', ['-I', '-c', code], { cwd: '/', timeout: 10_000 }).then(
    () => true,
    () => false,
  )
}

async function compiledOf(top: string): Promise<string | undefined> {
  if (await isThere(join(top, 'Cargo.toml'))) return 'cargo test'
  return (await isThere(join(top, 'go.mod'))) ? 'go test ./...' : undefined
}

/** '' where there is no such file. */
async function textOf(top: string, name: string): Promise<string> {
  return readFile(join(top, name), 'utf8').catch(absent('', 'EISDIR'))
}

async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch(absent([], 'ENOTDIR'))
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(() => true, absent(false, 'ENOTDIR'))
}

function absent<T>(none: T, ...codes: string[]): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT' || codes.includes(error.code ?? '')) return none
    throw error
  }
}
